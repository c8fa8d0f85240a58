"""Every class: open one, show its code, close it. The teacher's sign-in stands here, too."""

import streamlit as st

from core.classroom import classes
from core.store.database import session
from ui.teacher.class_list import class_card, open_form
from ui.teacher.guard import guard, is_teacher_here
from ui.teacher.sign_in import sign_in, sign_out_button

if not is_teacher_here():
    sign_in()
    st.stop()
guard()
with session() as database:
    rooms = classes.classes(database)
st.title("Classes", anchor=False)
if rooms:
    with st.expander("Open a class", icon=":material/add:"):
        open_form()
else:
    st.markdown("There is no class yet. Open one: you get a code that brings your students in.")
    open_form()
for room in rooms:
    class_card(room)
sign_out_button()
