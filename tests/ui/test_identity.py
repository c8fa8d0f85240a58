"""The identity cookie among other cookies: it is set once, and nobody else's cookie loses it."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from ui.identity import COOKIE, IdentityCookie


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b""})


def cookies_set(cookie_header: str | None, scheme: str = "http") -> list[str]:
    """What the middleware sets for a request with this Cookie header."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    headers = [] if cookie_header is None else [(b"cookie", cookie_header.encode("latin-1"))]
    asyncio.run(IdentityCookie(page)({"type": "http", "scheme": scheme, "headers": headers}, receive, send))
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_new_browser_gets_one_that_scripts_cannot_read() -> None:
    (cookie,) = cookies_set(None)
    assert cookie.startswith(f"{COOKIE}=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Secure" not in cookie and "Secure" in cookies_set(None, scheme="https")[0]
    assert cookies_set(None) != cookies_set(None)


@pytest.mark.parametrize("others", ["", 'g_state={"i_l":0}; ', "a,b=1; ", "=; ", "x; "])
def test_a_known_browser_keeps_its_identity_beside_odd_cookies(others: str) -> None:
    assert cookies_set(f"{others}{COOKIE}=abcdefghijk") == []


@pytest.mark.parametrize("header", [f"{COOKIE}=", f"{COOKIE}=abc", "other=abcdefghijk"])
def test_an_empty_or_short_identity_is_replaced(header: str) -> None:
    assert len(cookies_set(header)) == 1
