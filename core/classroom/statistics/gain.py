"""What further attempts brought: from the first score to the last.

found = gain(responses, "Q4")
found.mean_first, found.mean_final     # 40.0, 65.0, in percent
found.normalised_gain                  # 0.417 of what was left to gain
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.classroom.statistics.intervals import Interval, Share, resampled_interval, share
from core.classroom.statistics.marks import attempts_of
from core.classroom.statistics.responses import Response
from core.classroom.statistics.spread import Array

FULL = 1 - 1e-9
"""A score from here on is full marks, with nothing left to gain."""
SAME = 1e-9
ENOUGH_FOR_INTERVAL = 4


@dataclass(frozen=True)
class AfterAttempt:
    """The class after everybody's k-th attempt.

    Attributes:
        n: students who made that attempt.
        mean: mean score in percent of all students with an answer; who stopped earlier keeps what the last one earned.
    """

    attempt: int
    n: int
    mean: float


@dataclass(frozen=True)
class Gain:
    """First and last attempt of one question. Means in percent, None where nobody answered; a blank answer earns 0.

    Attributes:
        n: students with an answer; `n_again` of them answered more than once.
        right_first: full marks with the first attempt, and `right_final` with the last.
        improved: more marks with the last attempt than with the first; `same` and `worse` accordingly.
        normalised_gain: (final - first) / (1 - first) of the class's mean scores; None where the first were full marks.
        normalised_gain_interval: of resampled students; None below 4 students.
    """

    question: str
    n: int
    n_again: int
    right_first: Share
    right_final: Share
    improved: Share
    same: Share
    worse: Share
    mean_first: float | None
    mean_final: float | None
    normalised_gain: float | None
    normalised_gain_interval: Interval | None
    after_attempts: tuple[AfterAttempt, ...]


def gain(responses: Iterable[Response], question: str) -> Gain:
    """Compare the first and the last attempt of every student; answers to other questions are passed over.

    Raises:
        BadAnswers: two different attempts of a student have the same number.
    """
    attempts = attempts_of(response for response in responses if response.question == question)
    courses = [[response.score or 0.0 for response in mine] for mine in attempts.values()]
    n = len(courses)
    first, final = (np.array([course[end] for course in courses]) for end in (0, -1))
    improved, worse = int((final - first > SAME).sum()), int((first - final > SAME).sum())
    return Gain(
        question=question,
        n=n,
        n_again=sum(len(course) > 1 for course in courses),
        right_first=share(int((first >= FULL).sum()), n),
        right_final=share(int((final >= FULL).sum()), n),
        improved=share(improved, n),
        same=share(n - improved - worse, n),
        worse=share(worse, n),
        mean_first=100 * float(first.mean()) if n else None,
        mean_final=100 * float(final.mean()) if n else None,
        normalised_gain=_normalised_gain(first, final),
        normalised_gain_interval=_interval(first, final),
        after_attempts=_after_attempts(courses),
    )


def _normalised_gain(first: Array, final: Array) -> float | None:
    if not len(first) or first.mean() >= FULL:
        return None
    return float((final.mean() - first.mean()) / (1 - first.mean()))


def _interval(first: Array, final: Array) -> Interval | None:
    if len(first) < ENOUGH_FOR_INTERVAL or first.mean() >= FULL:
        return None

    def gains(drawn: Array) -> Array:
        left = 1 - drawn @ first / len(first)
        return (drawn @ (final - first) / len(first)) / np.where(left > 1 - FULL, left, np.nan)

    return resampled_interval(len(first), gains)


def _after_attempts(courses: list[list[float]]) -> tuple[AfterAttempt, ...]:
    longest = max(map(len, courses), default=0)
    return tuple(
        AfterAttempt(
            attempt=number,
            n=sum(len(course) >= number for course in courses),
            mean=100 * float(np.mean([course[min(number, len(course)) - 1] for course in courses])),
        )
        for number in range(1, longest + 1)
    )
