"""The forms that bring a student into a class, and back into it on another device."""

from collections.abc import Callable

import streamlit as st

from core.classroom import joining
from core.classroom.classes import class_by_code, class_of_member
from core.classroom.rooms import room_now
from core.errors import LabError
from core.store.database import session
from ui.identity import cookie, member
from ui.paths import page_path
from ui.plain import plain
from ui.problem import problem
from ui.teacher.guard import account_subject, has_accounts

ACCOUNT_HELP = "With an account you are the same student on every device. Only a hash of it is kept."
MY_CLASS = "class/my_class.py"
FRESH_CODE = "fresh_personal_code"
"""Where a personal code stands between being made and being shown."""


def class_line() -> None:
    """On the start page: the class somebody is in, or the way into one."""
    mine = member()
    if mine is None:
        st.page_link(page_path("class/join.py"), label="Join a class with its code", icon=":material/group_add:")
    elif room := room_now(mine.class_id):
        st.page_link(
            page_path(MY_CLASS),
            label=f"In {plain(room.title)} as **{plain(mine.handle)}**",
            icon=":material/group:",
        )


def join_form(code: str) -> None:
    """Class code and handle."""
    if has_accounts() and account_subject() is None:
        st.button("Sign in with your account first", icon=":material/login:", on_click=st.login, help=ACCOUNT_HELP)
    with st.form("join_class"):
        typed = st.text_input("Class code", value=code, max_chars=20, placeholder="K7M 4QX")
        handle = st.text_input(
            "Your name in this class",
            max_chars=60,
            help="Your teacher sees it. It need not be your real name, if your teacher knows who you are.",
        )
        if st.form_submit_button("Join the class", type="primary", icon=":material/group_add:"):
            _go_on(lambda: _join(typed, handle))


def resume_form() -> None:
    """The personal code, typed."""
    with st.form("resume_class", border=False):
        code = st.text_input("Personal code", max_chars=40, placeholder="2Q7F 8MNC 4RTK W3XA")
        if st.form_submit_button("Go back to my class", icon=":material/devices:"):
            _go_on(lambda: _resume(code))


def offer_to_resume(code: str) -> None:
    """A personal link was opened: say whose it is, and become them only by a click, not by opening a link."""
    try:
        with session() as database:
            person = joining.member_for_code(database, code)
            title = class_of_member(database, person).title
    except LabError as error:
        st.error(problem(error), icon=":material/link_off:")
        return
    st.markdown(f"This link belongs to **{plain(person.handle or '')}** in **{plain(title)}**.")
    st.caption("Go on only if that is you: this browser will then answer under that name.")
    if st.button("That is me, continue", type="primary", icon=":material/login:"):
        _go_on(lambda: _resume(code))


def _join(code: str, handle: str) -> None:
    with session() as database:
        joined = joining.join(database, cookie(), code, handle, account_subject())
        title = class_by_code(database, code).title
    _welcome(title, joined.personal_code)


def _resume(code: str) -> None:
    with session() as database:
        person = joining.resume(database, cookie(), code)
        title = class_of_member(database, person).title
    _welcome(title, None)


def _welcome(title: str, personal_code: str | None) -> None:
    # Whatever this page still holds belongs to whoever this browser was before.
    st.session_state.clear()
    if personal_code:
        st.session_state[FRESH_CODE] = personal_code
    st.toast(f"You are in {plain(title)}.", icon=":material/group:")


def _go_on(enter: Callable[[], None]) -> None:
    """Enter a class, and open its page; a refusal stays on this one with what was typed."""
    try:
        enter()
    except LabError as error:
        st.error(problem(error), icon=":material/error:")
        return
    st.switch_page(page_path(MY_CLASS))
