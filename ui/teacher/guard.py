"""Whether a teacher looks, asked before anything of a class is read or changed.

The list of pages is no lock: an address can be typed, and a page that was drawn while signed in goes on sending clicks
after signing out. So every teacher page begins with `guard()`, and every callback is made by `teachers_only`.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from core.classroom import teachers
from core.store.database import session
from ui.identity import cookie

P = ParamSpec("P")
PLACES = 8
"""So many elements a page of a teacher has at most at its top. A part of it that draws itself anew every second may do
so once more after signing out in another tab, and Streamlit's page goes blank where its place is gone by then."""


def guard() -> None:
    """Stop the page unless a teacher is signed in in this browser."""
    if not is_teacher_here():
        st.title("For teachers", anchor=False)
        st.info("This page is for teachers. Sign in under *For teachers* in the sidebar.", icon=":material/lock:")
        for _ in range(PLACES):
            st.empty()
        st.stop()


def is_teacher_here() -> bool:
    """Whether a teacher is signed in in this browser, by passcode, token or account."""
    if is_teacher_account_here():
        return True
    with session() as database:
        return teachers.is_teacher(database, cookie())


def is_teacher_account_here() -> bool:
    """Whether the account signed in with is a teacher's."""
    return teachers.is_teacher_account(*account_email())


def teachers_only(action: Callable[P, None]) -> Callable[P, None]:
    """`action` as a callback that does nothing once nobody is signed in any more."""

    @wraps(action)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        if is_teacher_here():
            action(*args, **kwargs)

    return guarded


def account_email() -> tuple[str | None, bool]:
    """The e-mail address of the account signed in with, and whether it is verified; (None, False) without one.

    Providers that say nothing of verifying are believed: they are the ones this installation has chosen.
    """
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        return None, False
    email = user.get("email")
    return (str(email) if email else None), user.get("email_verified", True) in (True, "true")


def account_subject() -> str | None:
    """What identifies the account that somebody is signed in with, for joining a class; None without one."""
    user = st.user.to_dict()
    if not user.get("is_logged_in") or not user.get("sub"):
        return None
    return f"{user.get('iss', '')} {user['sub']}"


def has_accounts() -> bool:
    """Whether this installation lets people sign in with accounts (`[auth]` in Streamlit's secrets)."""
    return "is_logged_in" in st.user.to_dict()
