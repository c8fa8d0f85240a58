"""Which options a class chose, and who: a wrong one should draw those who do badly on the rest, a right one the others.

    found = distractors(responses, "Q2", ["ram_16", "vram_15", "hours_2", "disk_100"])
    found.options[0].chosen.percent     # 31.2
    found.options[0].flags              # ("wrong, yet chosen by those who do better on the rest: suspected wrong key",)

A student counts with one attempt, by the same rule as in the marks. Correlations and thirds need a mark on the rest of
the test, so they are of the students who reached every question. Where a key is measured, an option that is right for
one student is wrong for another: shares are given, but nothing is said about a suspected key; see `measured` for those.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.classroom.statistics.groups import ENOUGH, THIRDS, Groups, groups_of
from core.classroom.statistics.intervals import Interval, Share, correlation_interval, share
from core.classroom.statistics.marks import Attempt, marks_of, one_attempt_each
from core.classroom.statistics.responses import Response
from core.classroom.statistics.scores import FEW
from core.classroom.statistics.spread import Array, correlation, rest_of

HARDLY = 5.0
"""An option that fewer per cent choose does not work as a distractor."""
NAMES = ("lower", "middle", "upper")
"""The thirds, in the order of `Option.thirds`."""


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        is_right: whether it counts; None where that differs from student to student.
        chosen: of all students with an answer. Where several can be ticked the shares add up to more than 100 %.
        thirds: of the lower, middle and upper third; empty below 9 students.
        correlation: of having chosen it with the mark on the rest, in percent; None where one of them does not vary.
        flags: what is odd about it, in plain words; none below 10 students.
    """

    id: str
    is_right: bool | None
    chosen: Share
    thirds: tuple[Share, ...]
    correlation: float | None
    correlation_interval: Interval | None
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Distractors:
    """The options of one question.

    Attributes:
        n: students with an answer; `n_blank` of them left it blank.
        n_complete: of them, those who reached every question; correlations and thirds are of these.
        third_sizes: how many are in the lower, middle and upper third; empty below 9 students.
        options: in the order of the bank, then those that the bank does not name any more.
    """

    question: str
    attempt: Attempt
    n: int
    n_blank: int
    n_complete: int
    third_sizes: tuple[int, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True)
class _Ranked:
    """The students who reached every question: what they chose, their mark on the rest, their third."""

    responses: list[Response]
    rest: Array
    thirds: Groups | None


def distractors(
    responses: Iterable[Response], question: str, options: Sequence[str], attempt: Attempt = "first"
) -> Distractors:
    """Look at the options of one question.

    Args:
        responses: of the whole class, to all questions: the rest of the test is read from them too.
        options: ids of the question's options, in the order to show.

    Raises:
        BadAnswers: two different attempts of a student have the same number.
    """
    chosen = one_attempt_each(responses, attempt)
    mine = [response for (_, name), response in chosen.items() if name == question]
    ranked = _ranked(chosen, question)
    known = dict.fromkeys([*options, *(choice for response in mine for choice in response.choices)])
    return Distractors(
        question=question,
        attempt=attempt,
        n=len(mine),
        n_blank=sum(not response.choices for response in mine),
        n_complete=len(ranked.responses),
        third_sizes=() if ranked.thirds is None else tuple(np.bincount(ranked.thirds, minlength=THIRDS).tolist()),
        options=tuple(_option(name, mine, ranked) for name in known),
    )


def _ranked(chosen: dict[tuple[str, str], Response], question: str) -> _Ranked:
    if not any(name == question for _, name in chosen):
        return _Ranked([], np.empty(0), None)
    marks = marks_of(response.as_answer() for response in chosen.values())
    students = [name for name, is_complete in zip(marks.students, marks.is_complete, strict=True) if is_complete]
    rest = rest_of(marks.complete, marks.questions.index(question))
    has_thirds = len(students) >= ENOUGH and len(marks.questions) > 1
    return _Ranked([chosen[name, question] for name in students], rest, groups_of(rest, THIRDS) if has_thirds else None)


def _option(option: str, mine: Sequence[Response], ranked: _Ranked) -> Option:
    ticked = np.array([option in response.choices for response in ranked.responses], dtype=float)
    found, is_right = correlation(ticked, ranked.rest), _is_right(option, mine)
    interval = correlation_interval(found, len(ticked))
    chosen = share(sum(option in response.choices for response in mine), len(mine))
    return Option(
        id=option,
        is_right=is_right,
        chosen=chosen,
        thirds=_thirds(ticked, ranked.thirds),
        correlation=found,
        correlation_interval=interval,
        flags=(*_rare(chosen), *_suspected(is_right, found, interval, len(ticked))),
    )


def _is_right(option: str, mine: Sequence[Response]) -> bool | None:
    counts = {option in response.key for response in mine if response.key}
    return counts.pop() if len(counts) == 1 else None


def _thirds(ticked: Array, thirds: Groups | None) -> tuple[Share, ...]:
    if thirds is None:
        return ()
    parts = (ticked[thirds == third] for third in range(THIRDS))
    return tuple(share(int(part.sum()), len(part)) for part in parts)


def _rare(chosen: Share) -> tuple[str, ...]:
    if chosen.n < FEW or chosen.percent is None or chosen.percent >= HARDLY:
        return ()
    return (f"hardly anybody chooses it (under {HARDLY:g} %)",)


def _suspected(is_right: bool | None, found: float | None, interval: Interval | None, n: int) -> tuple[str, ...]:
    if n < FEW or not found or is_right is None or (found > 0) == is_right:
        return ()
    who = "right, yet chosen by those who do worse" if is_right else "wrong, yet chosen by those who do better"
    by_chance = interval is not None and interval[0] < 0 < interval[1]
    return (f"{who} on the rest: suspected wrong key{' (may be chance)' if by_chance else ''}",)
