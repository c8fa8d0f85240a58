"""Opens a tunnel, waits for its address, and opens it again when it ends."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.config import config
from core.errors import TunnelFailed
from core.tunnel.agents import Agent
from core.tunnel.child import Child

OPEN_S = 60.0
CONFIRM_S = 20.0
LOOK_S = 0.1
PAUSES_S = (1.0, 5.0, 15.0)
"""A tunnel that ended is opened again after these pauses; when it has ended once more often in a row, no more."""
STEADY_S = 60.0
"""One that stood for so long begins the count anew."""


@dataclass(frozen=True)
class Opened:
    """The public address, and whether the program has said that the way to it stands."""

    address: str
    is_confirmed: bool


class Link:
    """A tunnel to a local port. To be used from one thread, in a `with` block, which ends it."""

    def __init__(self, agent: Agent, program: Path, port: int) -> None:
        self._agent, self._program, self._port = agent, program, port
        self._address: str | None = None
        self._connected = threading.Event()
        self._child: Child | None = None
        self._stood_since = 0.0
        self._ends = 0

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *args: object) -> None:
        if self._child is not None:
            self._child.stop()

    @property
    def has_ended(self) -> bool:
        """Whether the program that was started last has ended."""
        return self._child is not None and self._child.ended is not None

    def open(self) -> Opened:
        """Start the program; returns when its address is known.

        Raises:
            TunnelFailed: it ended, or named no address within a minute; with its last lines.
        """
        self._address = None
        self._connected.clear()
        command = self._agent.command(self._program, self._port)
        try:
            child = self._child = Child(command, config().data_dir / "logs" / "tunnel.log", self._heard)
        except OSError as error:
            raise TunnelFailed(f"{self._program} cannot be started: {error}.", "Install it anew.") from error
        if not self._wait(lambda: self._address is not None, OPEN_S):
            self._give_up(child)
        self._wait(self._connected.is_set, CONFIRM_S)
        if child.ended is not None:
            self._give_up(child)
        self._stood_since = time.monotonic()
        return Opened(str(self._address), self._connected.is_set())

    def reopen(self, say: Callable[[str], None]) -> Opened:
        """Open it again after a pause, as often as the policy allows.

        Raises:
            TunnelFailed: it ended too often in a row.
        """
        while True:
            child = self._child
            assert child is not None
            if self._stood_since and time.monotonic() - self._stood_since >= STEADY_S:
                self._ends = 0
            self._ends, self._stood_since = self._ends + 1, 0.0
            told = f"{self._agent.name} ended with code {child.ended}. Its last lines:\n{child.last_lines}"
            if self._ends > len(PAUSES_S):
                raise TunnelFailed(f"{told}\nIt ended {self._ends} times in a row.", _REMEDY)
            pause_s = PAUSES_S[self._ends - 1]
            say(f"{told}\nThe link does not work any more. Opening another one in {pause_s:.0f} s …")
            time.sleep(pause_s)
            try:
                return self.open()
            except TunnelFailed:
                child = self._child
                if child is None or child.ended is None:
                    raise

    def _heard(self, line: str) -> None:
        self._address = self._address or self._agent.address(line)
        if self._agent.connected.search(line):
            self._connected.set()

    def _wait(self, is_there: Callable[[], bool], limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while not is_there():
            if self.has_ended or time.monotonic() > deadline:
                return is_there()
            time.sleep(LOOK_S)
        return True

    def _give_up(self, child: Child) -> None:
        code = child.ended
        child.stop()
        what = f"ended with code {code}" if code is not None else f"named no address within {OPEN_S:.0f} s"
        raise TunnelFailed(f"{self._agent.name} {what}. Its last lines:\n{child.last_lines}", _REMEDY)


_REMEDY = (
    "Look whether this machine reaches the internet, and try again in a minute or with the other program (--with)."
)
