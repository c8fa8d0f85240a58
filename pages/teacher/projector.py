"""For the second screen: how to join, then one question at a time. No names, and no answer before the reveal."""

import streamlit as st

from ui.teacher.chosen import chosen_class
from ui.teacher.guard import guard
from ui.teacher.projector import projector

guard()
st.set_page_config(initial_sidebar_state="collapsed")
with st.sidebar:
    room = chosen_class("Projector")
projector(room)
