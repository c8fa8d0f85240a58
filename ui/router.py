"""The script that Streamlit runs for every visitor: who is it, which pages are there, draw the one asked for."""

from pathlib import Path

import streamlit as st

from ui.identity import identify
from ui.lab_page import lab_page
from ui.navigation import is_question, pages
from ui.question_page import question_page
from ui.sidebar import sidebar

WIDE = {"runs"}  # and every page of a teacher, and of a question
FAVICON = Path(__file__).parent / "assets" / "favicon.svg"

# The icon first: st.navigation would fetch the page's own from the internet.
st.set_page_config(page_icon=str(FAVICON))
person = identify()
page = st.navigation(pages(person, question_page, lab_page), expanded=True)
st.set_page_config(
    page_title=f"{page.title} · VRAM Lab",
    layout="wide" if page.url_path in WIDE or page.url_path.startswith("teacher") or is_question(page) else "centered",
)
sidebar()
page.run()
