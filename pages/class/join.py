"""Into a class: a code and a name, or a personal code that resumes."""

import streamlit as st

from ui.joining import join_form, offer_to_resume, resume_form

st.title("Join a class", anchor=False)
if personal_code := st.query_params.get("me"):
    offer_to_resume(personal_code)
    st.stop()
st.markdown(
    "With the code that your teacher shows you join a class: your teacher then sees your predictions, answers and "
    "measurements under the name you choose. What you did alone stays with you alone."
)
join_form(st.query_params.get("code", ""))
with st.expander("I have joined before, on another device or browser", icon=":material/devices:"):
    resume_form()
