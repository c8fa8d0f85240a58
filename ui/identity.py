"""Who is looking: a random cookie per browser, set by the server and unreadable by scripts.

It survives reloads, deep links and new tabs, where query parameters vanish at every navigation. The database keeps only
its hash.
"""

import secrets
from dataclasses import dataclass

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.classroom.people import visitor
from core.store.database import session

COOKIE = "vram_lab_person"
SHORTEST = 8
ONE_YEAR_S = 365 * 24 * 3600


class IdentityCookie:
    """ASGI middleware: gives a browser without the cookie a new one, with the page itself only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _has_cookie(scope):
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", _new_cookie(secure=scope["scheme"] == "https"))
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _has_cookie(scope: Scope) -> bool:
    """Whether the browser sent an identity; other programs' cookies, however odd, do not matter."""
    raw = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return len(cookie_parser(raw.decode("latin-1")).get(COOKIE, "")) >= SHORTEST


def _new_cookie(secure: bool) -> str:
    parts = [f"{COOKIE}={secrets.token_urlsafe(32)}", "Path=/", f"Max-Age={ONE_YEAR_S}", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts)


@dataclass(frozen=True)
class Member:
    """Who somebody is in a class."""

    class_id: str
    handle: str


def cookie() -> str:
    """This browser's cookie; stops the page with an explanation where cookies are blocked."""
    value = st.context.cookies.get(COOKIE)
    if not value or len(value) < SHORTEST:
        st.error(
            "This browser sent no cookie, so answers could not be kept. Allow cookies for this address and reload.",
            icon=":material/cookie_off:",
        )
        st.stop()
    return str(value)


def identify() -> str:
    """Look up who this browser stands for, once per run of a page; gives the person's id.

    Somebody may have joined, left or been deleted in another tab: whatever the page still held of them is dropped.
    """
    with session() as database:
        person, is_signed_in = visitor(database, cookie())
    if st.session_state.get("person_id", person.id) != person.id:
        st.session_state.clear()
    st.session_state["person_id"], st.session_state["is_signed_in"] = person.id, is_signed_in
    st.session_state["member"] = Member(person.class_id, person.handle or "") if person.class_id else None
    return person.id


def person_id() -> str:
    """The row of whoever looks at this page."""
    return str(st.session_state.get("person_id") or identify())


def was_signed_in() -> bool:
    """Whether a teacher had signed in here when this page was drawn: for what is listed, never for what is allowed."""
    person_id()
    return bool(st.session_state.get("is_signed_in"))


def member() -> Member | None:
    """Who they are in their class; None alone."""
    person_id()
    found: Member | None = st.session_state.get("member")
    return found
