"""A teacher's page that refreshes by itself while the class answers."""

import asyncio
import time
from contextlib import suppress
from types import TracebackType

from bench.classroom import PASSCODE, Classroom
from bench.protocol.visitor import Visitor
from bench.students import Student, Timings

PASSCODE_FIELD, SIGN_IN, LIVE = "Passcode", "Sign in", "teacher_live"


class Teacher:
    """Signs in and watches the live page within `async with`; what it takes goes to `teacher_open`, `teacher_poll`.

    Raises:
        PageBroken: at the end, where the page broke meanwhile.
    """

    def __init__(self, room: Classroom, port: int, timings: Timings) -> None:
        self._own = Timings()
        self._watcher = Student("Teacher", Visitor(port), room, self._own)
        self._timings = timings
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Teacher":
        visitor = self._watcher.visitor
        await visitor.arrive("teacher")
        await visitor.choose(PASSCODE_FIELD, PASSCODE)
        await visitor.click(SIGN_IN)
        self._own.add("open", await visitor.open(LIVE))
        self._task = asyncio.create_task(self._watcher.poll_until(time.perf_counter() + 24 * 3600))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        for what, seconds in self._own.seconds.items():
            self._timings.seconds[f"teacher_{what}"] = seconds
        await self._watcher.visitor.leave()
