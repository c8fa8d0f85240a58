"""Everybody in a class: who they are, what they did, what can be done for one of them, and when the class ends."""

import streamlit as st

from core.classroom.roster import roster
from core.store.database import session
from ui.teacher.chosen import chosen_class, demo_note
from ui.teacher.guard import guard
from ui.teacher.students.audit_lines import audit_lines
from ui.teacher.students.ending import ending
from ui.teacher.students.listing import listing
from ui.teacher.students.one_student import one_student

guard()
room = chosen_class("Students")
demo_note(room)
with session() as database:
    entries = roster(database, room.id)
if entries:
    listing(entries)
    one_student(entries)
else:
    st.info("Nobody has joined yet.", icon=":material/group_add:")
ending(room)
audit_lines()
