"""What is kept of this student: to read, to take away, to delete."""

import streamlit as st

from ui.your_data import what_is_kept

st.title("Your data", anchor=False)
what_is_kept()
