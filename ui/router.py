"""The script that Streamlit runs for every visitor: who is it, which pages are there, draw the one asked for."""

from pathlib import Path

import streamlit as st

from ui.identity import identify
from ui.lab_page import lab_page
from ui.navigation import Drawing, group_of, is_question, pages
from ui.question_page import question_page
from ui.sidebar import sidebar

WIDE = {"runs", "pictures"}  # and every page of a teacher, and of a question
ASSETS = Path(__file__).parent / "assets"
DRAWING = Drawing(question_page, lab_page)

# The icon first: st.navigation would fetch the page's own from the internet.
st.set_page_config(page_icon=str(ASSETS / "favicon.svg"))
person = identify()
unfolded = st.session_state.get("unfolded", "")
page = st.navigation(pages(person, DRAWING, unfolded), expanded=True)
if (here := group_of(page)) != unfolded:
    # Streamlit says only now which page was asked for; the list is sent again with that page's section unfolded.
    st.session_state["unfolded"] = here
    page = st.navigation(pages(person, DRAWING, here), expanded=True)
st.set_page_config(
    page_title=f"{page.title} · VRAM Lab",
    layout="wide" if page.url_path in WIDE or page.url_path.startswith("teacher") or is_question(page) else "centered",
)
st.html(ASSETS / "page.css")
sidebar()
page.run()
