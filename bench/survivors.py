"""Students who go on when something breaks: they open the page anew, and send again what shows no outcome."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from websockets.exceptions import WebSocketException

from bench.protocol.page import PageBroken
from bench.students import Step, Student

LOST = (OSError, WebSocketException)
"""What a visitor meets when the web process has gone: the browser then loads the page anew."""
PAUSE_S = (0.2, 1.0)
PATIENCE_S = 180.0
LAB, RUN = "lab_text_generation", "Run it"


class Survivor(Student):
    """One student who is not put off.

    Attributes:
        troubles: how often something broke.
        seen_at: when each acknowledged outcome was seen (`time.perf_counter`).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.troubles = 0
        self.seen_at: list[float] = []
        self._draw = random.Random(self.name)

    async def join(self) -> None:
        await self._until_done(super().join)

    async def follow(self, steps: Iterable[Step], begin: float) -> None:
        for step in steps:
            await self._until_done(partial(self.poll_until, begin + step.opens_at))
            await self._until_done(partial(self._answer, step, begin))
            self.seen_at.append(time.perf_counter())

    async def ask_for_a_run(self) -> None:
        """Have the small text twin write, which takes seconds."""
        await self._until_done(self._ask)

    async def _ask(self) -> None:
        await self.visitor.open(LAB)
        if self.visitor.page.has(RUN):
            await self.visitor.click(RUN)

    async def _answer(self, step: Step, begin: float) -> None:
        """Answer one question, unless its page shows that the answer sent before has arrived."""
        await self.open(step)
        if self.has_outcome:
            self.acknowledged.append((step.question, step.choices))
            return
        await self.predict(step)
        await self.poll_until(begin + step.submits_at)
        await self.answer(step)

    async def _until_done(self, action: Callable[[], Awaitable[None]]) -> None:
        give_up_at = time.perf_counter() + PATIENCE_S
        while True:
            try:
                return await action()
            except (PageBroken, *LOST) as error:
                self.troubles += 1
                if time.perf_counter() > give_up_at:
                    raise
                await asyncio.sleep(self._draw.uniform(*PAUSE_S))
                if isinstance(error, LOST):
                    await self._come_back()

    async def _come_back(self) -> None:
        """Load the page anew, as a browser does; where that fails, the next action does."""
        try:
            await self.visitor.arrive()
        except (PageBroken, *LOST):
            self.troubles += 1
