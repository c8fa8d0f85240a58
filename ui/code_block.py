"""The code that a run executes, as text that can be copied into a notebook."""

import streamlit as st

from core.labs.registry import Lab
from core.labs.settings import LabSettings
from core.labs.source_code import shown_code


def code_block(lab: Lab, settings: LabSettings) -> None:
    """Show the last cell openly and the whole program on demand."""
    code = shown_code(lab, settings)
    with st.expander("The code that runs", icon=":material/code:", expanded=True):
        st.code(code, language="python", height=min(420, 40 + 22 * code.count("\n")))
