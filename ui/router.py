"""The script that Streamlit runs for every visitor: who is it, which pages are there, draw the one asked for."""

from pathlib import Path

import streamlit as st

from ui.identity import person_id
from ui.navigation import pages
from ui.sidebar import sidebar

FAVICON = Path(__file__).parent / "assets" / "favicon.svg"

st.set_page_config(page_title="VRAM Lab", page_icon=str(FAVICON), layout="centered")
person = person_id()
page = st.navigation(pages(person), expanded=True)
sidebar()
page.run()
