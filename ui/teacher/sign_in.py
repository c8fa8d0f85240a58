"""The teacher's sign-in: by account, passcode, or the token that the server printed on its console."""

from collections.abc import Callable

import streamlit as st

from core.classroom import teachers
from core.errors import LabError
from core.store.database import session
from ui.identity import cookie
from ui.problem import problem
from ui.teacher.console import print_token
from ui.teacher.guard import account_email, has_accounts

TOKEN = "token"
Action = Callable[[], None]
Use = Callable[[str], None]


def sign_in() -> None:
    """Draw the ways that this installation has."""
    st.title("For teachers", anchor=False)
    st.markdown("Open a class, watch its answers and measurements arrive, reveal, and download the marks.")
    ways = teachers.ways()
    if TOKEN in st.query_params:
        _from_link(st.query_params[TOKEN])
    if "account" in ways:
        _account()
    if "passcode" in ways:
        _form("Passcode", _by_passcode)
    if "token" in ways:
        st.markdown(
            "No passcode is set on this server. When it started, it printed an address for the teacher on its console; "
            "open that address, or paste the token at its end here."
        )
        _form("Token from the console", _by_token)


def _form(label: str, use: Use) -> None:
    with st.form("teacher_sign_in", border=False):
        secret = st.text_input(label, type="password", autocomplete="current-password")
        if st.form_submit_button("Sign in", type="primary", icon=":material/login:"):
            use(secret)


def _from_link(token: str) -> None:
    """A token in the address is used by a click, so that a previewed or prefetched link does not spend it."""
    if st.button("Sign in with the token of this link", type="primary", icon=":material/login:"):
        _by_token(token)


def _by_passcode(passcode: str) -> None:
    _signed_in(lambda: teachers.sign_in_with_passcode(cookie(), passcode))


def _by_token(token: str) -> None:
    def use() -> None:
        with session() as database:
            teachers.sign_in_with_token(database, cookie(), token.strip())
        # The next browser needs one, too.
        print_token()

    _signed_in(use)


def _signed_in(use: Action) -> None:
    try:
        use()
    except LabError as error:
        st.error(problem(error), icon=":material/lock:")
        return
    st.query_params.clear()
    st.rerun()


def _account() -> None:
    email, _ = account_email()
    if not has_accounts():
        st.warning("Teachers are named here by their accounts, but Streamlit's `[auth]` is not set up.")
    elif email is None:
        st.button("Sign in with your account", icon=":material/login:", on_click=st.login)
    else:
        st.warning("This account is not on this installation's list of teachers.", icon=":material/lock:")
        st.button("Use another account", on_click=st.logout)


def sign_out_button() -> None:
    """The way out, for a browser that others use, too."""
    if account_email()[0] is not None:
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)
    elif st.button("Sign out", icon=":material/logout:"):
        with session() as database:
            teachers.sign_out(database, cookie())
        st.rerun()
