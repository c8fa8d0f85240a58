"""Students of a class, played by visitors: each joins, opens the questions, predicts, answers, and polls in between.

What a student does and when is drawn from a seed before the first server starts. An answer is acknowledged when the
page shows what came of it; `check` compares what was acknowledged with the rows of the database.
"""

import asyncio
import math
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.classroom import Classroom
from bench.protocol.page import PageBroken
from bench.protocol.visitor import Visitor

if TYPE_CHECKING:
    from core.quiz.bank import Question

NAME, JOIN, SEND = "Your name in this class", "Join the class", "Check my answer"
OUTCOMES = ("**Right.**", "**Partly right.**", "**Not right.**")
OPENS_WITHIN, SUBMITS_WITHIN = (0.0, 0.3), (0.5, 1.0)
"""Parts of the time for one question in which its page is opened and its answer sent."""


@dataclass
class Timings:
    """Seconds by what was done, and how late the sending of answers was against the plan."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)

    def add(self, what: str, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(seconds)

    def summary(self) -> dict[str, dict[str, float]]:
        """Count, median, 95th percentile and maximum of each."""
        return {what: spread(values) for what, values in sorted(self.seconds.items())}


def spread(values: list[float]) -> dict[str, float]:
    """Count, median, 95th percentile and maximum, by the nearest rank.

    >>> spread([0.1, 0.3, 0.2])
    {'n': 3, 'p50_s': 0.2, 'p95_s': 0.3, 'max_s': 0.3}
    """
    ordered = sorted(values)

    def rank(part: float) -> float:
        return round(ordered[math.ceil(part * len(ordered)) - 1], 4)

    return {"n": len(ordered), "p50_s": rank(0.5), "p95_s": rank(0.95), "max_s": rank(1)}


@dataclass(frozen=True)
class Step:
    """One question of one student; times are seconds after the lesson began."""

    question: str
    opens_at: float
    submits_at: float
    prediction: float
    choices: tuple[str, ...]


def plan(questions: "Iterable[Question]", seconds: float, draw: random.Random) -> list[Step]:
    """The questions one after the other, answered at random; everybody begins at another moment."""
    asked = list(questions)
    part = seconds / (len(asked) + 1)
    phase = draw.random()
    steps = []
    for index, question in enumerate(asked):
        ids = [choice.id for choice in question.choices]
        count = 1 if question.type == "single" else draw.randint(1, len(ids))
        opens, submits = draw.uniform(*OPENS_WITHIN), draw.uniform(*SUBMITS_WITHIN)
        chosen = tuple(sorted(draw.sample(ids, count), key=ids.index))
        at = index + phase
        steps.append(Step(question.id, (at + opens) * part, (at + submits) * part, draw.random(), chosen))
    return steps


class Student:
    """One student with a browser.

    Args:
        name: the handle in the class.

    Attributes:
        acknowledged: question and choices of every answer whose outcome the page has shown.
        sent: how often an answer was sent.
    """

    def __init__(self, name: str, visitor: Visitor, room: Classroom, timings: Timings) -> None:
        self.name = name
        self.visitor = visitor
        self.acknowledged: list[tuple[str, tuple[str, ...]]] = []
        self.sent = 0
        self._room = room
        self._timings = timings
        self._ticked_at: dict[str, float] = {}

    async def join(self) -> None:
        """Follow the class's link, give a name, and be in."""
        self._timings.add("first_page", await self.visitor.arrive("join", f"code={self._room.code}"))
        begin = time.perf_counter()
        await self.visitor.choose(NAME, self.name)
        await self.visitor.click(JOIN)
        self._timings.add("join", time.perf_counter() - begin)

    async def follow(self, steps: Iterable[Step], begin: float) -> None:
        """Answer every question at its time; the page polls in between."""
        for step in steps:
            await self.poll_until(begin + step.opens_at)
            await self.open(step)
            await self.predict(step)
            await self.poll_until(begin + step.submits_at)
            self._timings.late.append(max(0.0, time.perf_counter() - begin - step.submits_at))
            await self.answer(step)

    async def open(self, step: Step) -> None:
        """Go to the question's page."""
        self._timings.add("open", await self.visitor.open(step.question.lower()))

    async def predict(self, step: Step) -> None:
        """Lock in what is expected, where the page asks for it."""
        key = f"{step.question.lower()}_prediction"
        if not self.visitor.page.has(key):
            return
        options = self.visitor.page.find(key).options
        seconds = await self.visitor.choose(key, options[int(step.prediction * len(options))])
        if seconds is not None:
            self._timings.add("choose_prediction", seconds)
        self._timings.add("lock_prediction", await self.visitor.click(f"{key}_lock"))
        await self._room.measured(self.visitor.cookie, self._room.bank.question(step.question))

    async def answer(self, step: Step) -> None:
        """Tick and send; acknowledged once the page shows the outcome.

        Raises:
            PageBroken: it shows none.
        """
        await self.tick(step)
        self.sent += 1
        self._timings.add("submit", await self.visitor.click(SEND))
        if not self.has_outcome:
            raise PageBroken(f"{step.question} was sent, but the page shows no outcome: {self.visitor.page.alerts}")
        self.acknowledged.append((step.question, step.choices))

    async def tick(self, step: Step) -> None:
        """Choose the options of the step."""
        start = f"{step.question.lower()}_answer"
        question = self._room.bank.question(step.question)
        for choice in question.choices:
            if choice.id in step.choices and question.type == "single":
                await self.visitor.choose(f"{start}_radio", f"{choice.letter} · {choice.text}")
            elif choice.id in step.choices:
                await self.visitor.choose(f"{start}_tick_{choice.id}", True)

    @property
    def has_outcome(self) -> bool:
        """Whether the page says what came of an answer."""
        return any(alert.startswith(OUTCOMES) for alert in self.visitor.page.alerts)

    async def poll_until(self, moment: float) -> None:
        """Let the page's timers tick until then (`time.perf_counter`)."""
        while (left := moment - time.perf_counter()) > 0:
            now = time.perf_counter()
            timers = self.visitor.page.timers
            for gone in self._ticked_at.keys() - timers.keys():
                del self._ticked_at[gone]
            due = {fragment: self._ticked_at.setdefault(fragment, now) + every for fragment, every in timers.items()}
            next_one = min(due, key=due.__getitem__, default="")
            if not next_one or due[next_one] > moment:
                await asyncio.sleep(left)
                return
            await asyncio.sleep(max(0.0, due[next_one] - now))
            self._ticked_at[next_one] = time.perf_counter()
            self._timings.add("poll", await self.visitor.poll(next_one))


def check(students: Sequence[Student]) -> dict[str, int]:
    """Compare what the students saw acknowledged with the rows of the database.

    Returns:
        acknowledged: answers whose outcome was seen.
        stored: attempts in the database.
        lost: acknowledged answers without a row of the same choices.
        doubled: rows of the same person, question and choices beyond the first.
    """
    from core.classroom.answers import history
    from core.classroom.people import person_for_cookie
    from core.store.database import session

    found = {"acknowledged": 0, "stored": 0, "lost": 0, "doubled": 0}
    with session() as database:
        for student in students:
            cookie = student.visitor.cookie.partition("=")[2]
            person = person_for_cookie(database, cookie).id
            rows = [(row.question_id, tuple(sorted(row.submitted_answers))) for row in history(database, person)]
            seen = {(question, tuple(sorted(choices))) for question, choices in student.acknowledged}
            found["acknowledged"] += len(seen)
            found["stored"] += len(rows)
            found["lost"] += len(seen - set(rows))
            found["doubled"] += len(rows) - len(set(rows))
    return found
