"""What stands in the sidebar around the page list: the product's name, the class, and the machine it runs on."""

from pathlib import Path

import streamlit as st

from core.classroom.rooms import room_now
from core.measure.machine import this_machine
from ui.identity import member
from ui.plain import plain

LOGO = (Path(__file__).parent / "assets" / "logo.svg").read_text()


def sidebar() -> None:
    """Name above, machine below the list of pages."""
    st.logo(LOGO, size="large")
    mine = member()
    with st.sidebar:
        if mine is not None and (room := room_now(mine.class_id)):
            st.caption("Your class")
            st.markdown(f"{plain(room.title)}, as **{plain(mine.handle)}**")
        st.caption("This machine")
        st.markdown(this_machine().label)
