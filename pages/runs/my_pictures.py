"""Every picture of this student, newest run first: to look at, to take away, to make again."""

import streamlit as st

from ui.gallery import gallery

st.title("My pictures", anchor=False)
gallery()
