"""What stands in the sidebar around the page list: the product's name, and the machine it runs on."""

from pathlib import Path

import streamlit as st

from core.measure.machine import this_machine

LOGO = Path(__file__).parent / "assets" / "logo.svg"


def sidebar() -> None:
    """Name above, machine below the list of pages."""
    st.logo(LOGO.read_text(), size="large")
    with st.sidebar:
        st.caption("This machine")
        st.markdown(this_machine().label)
