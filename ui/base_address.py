"""Tells the browser's part of Streamlit where the app is.

Left alone it guesses, on every page but the first, that the app lies under that page's address, and asks there in vain:
two answers 404 in the console before it finds the app.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD = b"<head>"
# As the page's own scripts are found: relative to the folder that its address lies in.
SCRIPT = b"<script>window.__streamlit = {BACKEND_BASE_URL: new URL('.', window.location.href).href}</script>"


class BaseAddress:
    """ASGI middleware: puts the address into the page itself, and leaves every other answer alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        started: Message | None = None
        body = b""

        async def send_told(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start" and _is_page(message):
                started = message
            elif started is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await _send_page(started, body, send)

        await self.app(_uncompressed(scope), receive, send_told)


def _uncompressed(scope: Scope) -> Scope:
    """A browser's request for a page, so that the answer comes as text that can be added to."""
    asked = dict(scope["headers"])
    if b"text/html" not in asked.get(b"accept", b""):
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}


def _is_page(start: Message) -> bool:
    headers = MutableHeaders(scope=start)
    is_html = headers.get("content-type", "").startswith("text/html")
    return start["status"] == 200 and is_html and "content-encoding" not in headers


async def _send_page(start: Message, body: bytes, send: Send) -> None:
    told = body.replace(HEAD, HEAD + SCRIPT, 1)
    MutableHeaders(scope=start)["content-length"] = str(len(told))
    await send(start)
    await send({"type": "http.response.body", "body": told})
