"""A student's place in their class: who they are there, how to come back, what is kept of them."""

import streamlit as st

from core.classroom.rooms import room_now
from ui.class_watch import class_watch
from ui.identity import member
from ui.membership import leave_button, own_data, personal_code
from ui.paths import page_path
from ui.plain import plain

mine = member()
room = room_now(mine.class_id) if mine else None
if mine is None or room is None:
    st.title("My class", anchor=False)
    st.info("You are not in a class. Everything works without one, too.", icon=":material/person:")
    st.page_link(page_path("class/join.py"), label="Join a class", icon=":material/group_add:")
    st.stop()

class_watch(None)
st.title(plain(room.title), anchor=False)
st.markdown(f"You are **{plain(mine.handle)}** here.")
if not room.is_open:
    st.info(
        "This class is closed: you can still read everything, but no longer run or answer anything.",
        icon=":material/lock:",
    )
personal_code()
leave_button()
own_data()
