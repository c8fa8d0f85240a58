"""What a member can do about their own membership: come back on another device, see what is kept, leave."""

from urllib.parse import urlsplit

import streamlit as st

from core.classroom import joining, people
from core.classroom.codes import spelled
from core.store.database import session
from ui.identity import cookie, person_id
from ui.joining import FRESH_CODE
from ui.qr import qr
from ui.your_data import what_is_kept


def personal_code() -> None:
    """The code and link that bring this student back; shown once after it was made."""
    st.header("Use another device", divider="gray", anchor=False)
    code = st.session_state.get(FRESH_CODE)
    if code:
        left, right = st.columns([2, 1], vertical_alignment="center")
        left.markdown("This is your personal code. Keep it to yourself: anybody who has it can answer as you.")
        left.code(spelled(code), language=None)
        left.caption("Write it down now, or scan the picture with your phone. It is not kept here and not shown again.")
        with right:
            qr(f"{address()}/join?me={code}", "Your personal link")
        return
    st.markdown("This browser remembers you. On another one you need your personal code.")
    st.button("Make a new personal code", icon=":material/key:", on_click=_renew, help="The old one stops working.")


def own_data() -> None:
    """What is kept of this member, to take away and to delete."""
    st.header("What is kept about you", divider="gray", anchor=False)
    what_is_kept()


def leave_button() -> None:
    """Back to being alone; the work stays in the class."""
    st.header("Leave", divider="gray", anchor=False)
    st.markdown("What you did here stays in the class. With your personal code you can come back.")
    if st.button("Leave the class", icon=":material/logout:"):
        with session() as database:
            people.leave(database, cookie())
        st.session_state.clear()
        st.rerun()


def address() -> str:
    """Where this app is reached, as the browser sees it: scheme, host and path before the page's own."""
    split = urlsplit(st.context.url or "")
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"{split.scheme}://{split.netloc}" + (f"/{base}" if base else "")


def _renew() -> None:
    with session() as database:
        st.session_state[FRESH_CODE] = joining.renew_personal_code(database, person_id())
