"""Who is looking: a random cookie per browser, set by the server and unreadable by scripts.

It survives reloads, deep links and new tabs, where query parameters vanish at every navigation. The database keeps only
its hash.
"""

import secrets

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.classroom.people import person_for_cookie
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


def person_id() -> str:
    """The row of whoever looks at this page; stops the page with an explanation where cookies are blocked."""
    cookie = st.context.cookies.get(COOKIE)
    if not cookie or len(cookie) < SHORTEST:
        st.error(
            "This browser sent no cookie, so answers could not be kept. Allow cookies for this address and reload.",
            icon=":material/cookie_off:",
        )
        st.stop()
    known = st.session_state.get("person_id")
    if known is None:
        with session() as database:
            known = person_for_cookie(database, cookie).id
        st.session_state["person_id"] = known
    return str(known)
