"""Students in groups by how well they did: thirds and fifths of the class, and how each group did on a question.

A student's group follows from the rank of their mark. Students with the same mark share the middle of their ranks, so
that they stay together: groups may differ in size, and one may be empty. A rank on the border counts to the upper
group. Nobody's group depends on the order of the file.

    groups_of(array([1.0, 2.0, 2.0, 3.0]), 3)      # [0, 1, 1, 2]: lower, middle, middle, upper

Below `ENOUGH` students there are no groups: a third of eight is nothing to draw conclusions from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.classroom.statistics.intervals import Interval, facility_interval
from core.classroom.statistics.marks import Marks
from core.classroom.statistics.spread import Array, levels_of, rest_of

THIRDS, FIFTHS = 3, 5
ENOUGH = 9
"""From so many students on there are thirds."""
ENOUGH_FOR_FIFTHS = 25

Groups = NDArray[np.intp]


@dataclass(frozen=True)
class Group:
    """A group of students on one question; `facility` in percent, None where the group is empty."""

    n: int
    facility: float | None
    interval: Interval | None


def groups_of(scores: Array, number: int) -> Groups:
    """The group of each student: 0 for the lowest, `number` - 1 for the highest."""
    levels = levels_of(scores)
    counts = np.bincount(levels)
    # Twice the number of students below the middle of a level, in whole numbers, so that borders are exact.
    below = 2 * (np.cumsum(counts) - counts) + counts
    return (number * below // (2 * max(1, len(scores))))[levels].clip(0, number - 1)


def group_facilities(marks: Marks, question: str) -> tuple[Group, ...]:
    """How each fifth of the class did on a question, lowest first; thirds below 25 students, none below 9.

    Students are grouped by their marks on all other questions, as the discrimination index takes them. They are those
    who reached every question.
    """
    column, complete = marks.questions.index(question), marks.complete
    if len(complete) < ENOUGH or len(marks.questions) < 2:
        return ()
    number = FIFTHS if len(complete) >= ENOUGH_FOR_FIFTHS else THIRDS
    groups = groups_of(rest_of(complete, column), number)
    shares = complete[:, column] / marks.maxima[column]
    return tuple(_group(shares[groups == group]) for group in range(number))


def _group(shares: Array) -> Group:
    facility = 100 * float(shares.mean()) if len(shares) else None
    return Group(len(shares), facility, facility_interval(shares))
