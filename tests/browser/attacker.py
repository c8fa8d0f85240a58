"""Somebody with a browser who does not keep to what the page offers: sends any value, repeats messages, reads frames.

mallory = await Attacker(server.port).visit("q1")
await mallory.press("Check my answer", q1_answer_tick_cpu=True)   # as a browser does
await mallory.again()                                             # the same message once more
assert b"the key" not in mallory.frames
"""

import asyncio
import secrets
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from bench.protocol.page import PageBroken, Shown
from bench.protocol.visitor import Visitor
from core.classroom.joining import Joined, join
from core.classroom.teachers import new_token, sign_in_with_token, sign_out
from core.config import config
from core.store.database import session
from core.store.tables import Base, Class, Person
from tests.browser.classroom import PASSCODE
from tests.browser.server import AppServer
from ui.identity import COOKIE

T = TypeVar("T")
Value = bool | int | float | str | list[str]
REDACTED = "This app has encountered an error. The original error message is redacted"
"""What Streamlit says, without a stack trace, to a value of a type that the widget never sends."""
PASSING = {"browsers", "audit", "workers", "teacher_sessions", "one_time_tokens"}


class Attacker(Visitor):
    """A visitor who forges.

    Attributes:
        raw: everything that the server has sent.
    """

    def __init__(self, port: int, cookie: str = "") -> None:
        super().__init__(port, cookie)
        self.raw: list[bytes] = []
        self._last = b""

    @property
    def frames(self) -> bytes:
        """All that was sent so far, in one piece."""
        return b"\n".join(self.raw)

    async def visit(self, path: str = "", query: str = "") -> "Attacker":
        """Open an address as a new session; gives itself."""
        await self.arrive(path, query)
        return self

    async def press(self, button: str | Shown, **values: Value) -> None:
        """Press a button together with values for widgets, by their keys, whether the page would take them or not."""
        shown = self.page.find(button) if isinstance(button, str) else button
        state = ClientState(fragment_id=shown.fragment, page_script_hash=self.page.script)
        for name, value in values.items():
            state.widget_states.widgets.append(_state(self.page.find(name).element.id, value))
        state.widget_states.widgets.add(id=shown.element.id, trigger_value=True)
        await self._run(state)

    async def fill(self, values: Mapping[str, Value]) -> None:
        """Send values for widgets by their ids, known or made up."""
        state = ClientState(page_script_hash=self.page.script)
        state.widget_states.widgets.extend(_state(name, value) for name, value in values.items())
        await self._run(state)

    async def send(self, message: BackMsg) -> None:
        """Send any message, and wait for nothing."""
        await self._socket.send(message.SerializeToString())

    async def again(self, times: int = 1) -> None:
        """Send the last message so many times more, without waiting between."""
        for _ in range(times):
            await self._socket.send(self._last)
        async with asyncio.timeout(self.patience_s):
            await self._until_finished()

    async def file_of(self, button: Shown) -> str:
        """Ask for the file of a download button; gives its address, empty where it was refused."""
        ask = BackMsg()
        request = ask.backend_operation_request
        request.request_id, request.session_id = secrets.token_hex(4), self.page.session
        request.deferred_file.file_id = button.element.deferred_file_id
        await self.send(ask)
        message = ForwardMsg()
        async with asyncio.timeout(self.patience_s):
            while message.WhichOneof("type") != "backend_operation_response":
                message.ParseFromString(await self._received())
        return str(message.backend_operation_response.deferred_file.url)

    def all_of(self, *kinds: str) -> list[Shown]:
        """Every element of these kinds, as Streamlit calls them."""
        return [shown for shown in self.page.elements.values() if shown.kind in kinds]

    async def _run(self, state: ClientState) -> float:
        state.query_string = self._query
        self._last = BackMsg(rerun_script=state).SerializeToString()
        return await super()._run(state)

    async def _received(self) -> bytes:
        data: bytes = await self._socket.recv()
        self.raw.append(data)
        return data

    async def _until_finished(self) -> None:
        message = ForwardMsg()
        while True:
            message.ParseFromString(await self._received())
            if self.page.receive(message):
                return


def _state(widget_id: str, value: Value) -> WidgetState:
    """A value in the field of the message that its type has."""
    state = WidgetState(id=widget_id)
    if isinstance(value, bool):
        state.bool_value = value
    elif isinstance(value, int):
        state.int_value = value
    elif isinstance(value, float):
        state.double_value = value
    elif isinstance(value, str):
        state.string_value = value
    else:
        state.string_array_value.data.extend(value)
    return state


def play(story: Coroutine[Any, Any, T]) -> T:
    """Run what waits for the server, in a thread: a browser of an earlier test has its event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()


@contextmanager
def refused() -> Iterator[None]:
    """Lets a refusal by Streamlit itself pass, as long as it tells nothing."""
    try:
        yield
    except PageBroken as error:
        assert REDACTED in str(error) or "there is no page" in str(error), error


@contextmanager
def attacked(folder: Path, **environment: str) -> Iterator[AppServer]:
    """A server with a passcode and without workers."""
    settings = {"VRAM_LAB_TEACHER_PASSCODE": PASSCODE, "VRAM_LAB_WORKERS": "external", **environment}
    running = AppServer(folder, **settings)
    running.start()
    yield running
    running.stop()


def use_database_of(server: AppServer, patch: pytest.MonkeyPatch) -> None:
    """Let this process read and write the server's database."""
    patch.setenv("VRAM_LAB_DATA_DIR", str(server.data_dir))
    config.cache_clear()


class Browser:
    """A browser by its cookie alone: `value` as the server knows it, `sent` as the browser sends it."""

    def __init__(self) -> None:
        self.value = secrets.token_urlsafe(32)
        self.sent = f"{COOKIE}={self.value}"

    def join(self, room: Class, handle: str) -> Joined:
        """Make it a member's."""
        with session() as database:
            return join(database, self.value, room.join_code, handle)

    def sign_in(self) -> "Browser":
        """Make it a teacher's."""
        with session() as database:
            sign_in_with_token(database, self.value, new_token(database))
        return self

    def sign_out(self) -> None:
        """Make it nobody's in particular again."""
        with session() as database:
            sign_out(database, self.value)


def kept() -> dict[str, list[tuple[str, ...]]]:
    """Everything in the database that a forged message must not change: all but browsers, sign-ins and who was seen."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in PASSING]
    members = select(Person.id, Person.class_id, Person.handle, Person.resume_hash).where(Person.class_id.is_not(None))
    found: dict[str, list[tuple[str, ...]]] = {}
    with session() as database:
        for table in tables:
            rows = database.execute(members if table.name == "people" else select(table))
            found[table.name] = sorted(tuple(map(repr, row)) for row in rows)
    return found
