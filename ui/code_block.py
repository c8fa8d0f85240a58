"""The code that a run executes: the call with the chosen settings, and the whole program to copy into a notebook."""

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.runs.lab import Lab
from core.runs.settings import LabSettings
from core.runs.source_code import last_cell, shown_code

STYLE = Path(__file__).parent / "assets" / "code.css"
HEIGHT_PX = 236


def code_place() -> DeltaGenerator:
    """The frame of the code, of a fixed height, so that nothing below it moves when it is filled."""
    return st.container(border=True, height=HEIGHT_PX)


def code_block(lab: Lab, settings: LabSettings) -> None:
    """The call, open, and the program that it calls, on demand."""
    st.html(STYLE)
    st.markdown(":material/code: **The code that runs**")
    st.code(last_cell(lab, settings), language="python", wrap_lines=True)
    with st.expander("The whole program, to copy into a notebook"):
        st.code(shown_code(lab, settings), language="python", wrap_lines=True)
