"""Somebody with a browser: fetches the page and its cookie, connects, opens pages, fills, clicks, and lets timers tick.

Every action takes until the server has drawn the page anew, and returns how many seconds that were. One visitor does
one thing at a time. Unlike a browser it keeps no messages to be referred to, and sends only widgets that were changed.
"""

import asyncio
import time
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.typing import Subprotocol

from bench.protocol.page import Page, PageBroken, Shown

NO_TOKEN = "PLACEHOLDER_AUTH_TOKEN"  # what a browser sends in the token's place where there is no login
HOST = "127.0.0.1"


class Visitor:
    """One browser.

    Args:
        port: of the server, on this machine.
        cookie: `name=value` of an earlier visit; without it the first page brings one.
        patience_s: an action that takes longer is an error.
    """

    def __init__(self, port: int, cookie: str = "", patience_s: float = 60) -> None:
        self.port = port
        self.cookie = cookie
        self.patience_s = patience_s
        self.page = Page()
        self._socket: Any = None
        self._states: dict[str, WidgetState] = {}
        self._query = ""

    async def arrive(self, path: str = "", query: str = "") -> float:
        """Type the address: fetch the page, connect as a new session, and wait until it is drawn."""
        begin = time.perf_counter()
        self.page = Page()
        await self.fetch(path)
        await self.connect()
        await self.open(path, query)
        return time.perf_counter() - begin

    async def fetch(self, path: str = "") -> None:
        """Get the page's HTML, which brings the cookie.

        Raises:
            OSError: the server does not answer.
        """
        reader, writer = await asyncio.open_connection(HOST, self.port)
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n{cookie}Connection: close\r\n\r\n".encode())
        head = (await reader.read()).partition(b"\r\n\r\n")[0].decode("latin-1")
        writer.close()
        if not head.startswith("HTTP/1.1 200"):
            raise PageBroken(f"/{path} was answered with {head[:40]!r}")
        for line in head.splitlines():
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                self.cookie = value.partition(";")[0]

    async def connect(self) -> None:
        """Open the websocket; as the browser of the same session where there was one."""
        await self.leave()
        names = ["streamlit", NO_TOKEN, self.page.session] if self.page.session else ["streamlit"]
        self._socket = await websockets.connect(
            f"ws://{HOST}:{self.port}/_stcore/stream",
            subprotocols=[Subprotocol(name) for name in names],
            additional_headers={"Cookie": self.cookie} if self.cookie else {},
            max_size=None,
            compression=None,
            ping_interval=None,  # a browser sends none, and so gives up no connection to a server that is busy
        )

    async def leave(self) -> None:
        """Close the tab."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def open(self, path: str = "", query: str = "") -> float:
        """Go to a page of the app: by a link where it is known, else by its name."""
        self._states.clear()
        self._query = query
        script = self.page.scripts.get(path, "")
        return await self._run(ClientState(page_script_hash=script, page_name="" if script else path))

    async def rerun(self) -> float:
        """Have the whole page drawn again, as any widget does."""
        return await self._run(ClientState(page_script_hash=self.page.script))

    async def click(self, name: str) -> float:
        """Press the button with this key or label."""
        button = self.page.find(name)
        if button.element.disabled:
            raise PageBroken(f"the button {name!r} is disabled")
        state = self._interaction(button)
        state.widget_states.widgets.add(id=button.element.id, trigger_value=True)
        return await self._run(state)

    async def choose(self, name: str, value: bool | str) -> float | None:
        """Tick a checkbox, choose an option by its text, or fill a field; None where the page waits for a button."""
        shown = self.page.find(name)
        self._states[shown.element.id] = _state(shown, value)
        if shown.element.ignore_rerun or shown.element.form_id:
            return None
        return await self._run(self._interaction(shown))

    async def poll(self, fragment: str) -> float:
        """Let the timer of one fragment tick."""
        return await self._run(self._with_page(ClientState(fragment_id=fragment, is_auto_rerun=True)))

    def _interaction(self, shown: Shown) -> ClientState:
        return self._with_page(ClientState(fragment_id=shown.fragment))

    def _with_page(self, state: ClientState) -> ClientState:
        state.page_script_hash = self.page.script
        return state

    async def _run(self, state: ClientState) -> float:
        if self._socket is None:
            raise ConnectionError("not connected")
        state.query_string = self._query
        state.widget_states.widgets.extend(self._states.values())
        begin = time.perf_counter()
        try:
            async with asyncio.timeout(self.patience_s):
                await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
                await self._until_finished()
        except TimeoutError as error:
            raise PageBroken(f"the page was not drawn within {self.patience_s} s") from error
        return time.perf_counter() - begin

    async def _until_finished(self) -> None:
        message = ForwardMsg()
        while True:
            message.ParseFromString(await self._socket.recv())
            if self.page.receive(message):
                return


def _state(shown: Shown, value: bool | str) -> WidgetState:
    """The message that a browser sends for this value."""
    state = WidgetState(id=shown.element.id)
    if shown.kind == "checkbox":
        state.bool_value = bool(value)
        return state
    if shown.options and value not in shown.options:
        raise PageBroken(f"{shown.key!r} has no option {value!r}")
    if shown.kind == "button_group":
        state.string_array_value.data.append(str(value))
    elif shown.kind in ("radio", "text_input"):
        state.string_value = str(value)
    else:
        raise PageBroken(f"a {shown.kind} cannot be filled")
    return state
