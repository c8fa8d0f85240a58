"""Into a class: a code and a name, or a personal code that resumes."""

import streamlit as st

from ui.joining import join_form, offer_to_resume, resume_form

st.title("Join a class", anchor=False)
if personal_code := st.query_params.get("me"):
    offer_to_resume(personal_code)
    st.stop()
st.markdown(
    "Your teacher shows you a code. Once you have joined, your teacher sees your predictions, answers and measurements "
    "under the name that you choose. What you did before stays yours alone."
)
join_form(st.query_params.get("code", ""))
with st.expander("I have joined before, on another device or browser", icon=":material/devices:"):
    resume_form()
