"""Measured questions: which option the measured value gives against which was chosen, and what the class measured.

Counting options would say nothing here, as the key differs from student to student. On the diagonal of the matrix the
answer agrees with the student's own run.

    found = measured_answers(measurements, ["under_10_s", "s_20_to_40"])
    found.matrix.counts            # ((14, 2), (3, 11))
    found.disagreeing              # the five students who chose something else than they measured
    histograms(measurements)[0].counts
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log2

import numpy as np

from core.classroom.statistics.intervals import Share, share
from core.classroom.statistics.matrix import Matrix, matrix_of
from core.classroom.statistics.spread import Array
from core.measure.statistics import Summary, summary

NONE = "none"
"""Label of a value that no option holds."""
FLOOR, CAP = 5, 40
"""A histogram has at least and at most so many bins."""


@dataclass(frozen=True)
class Measurement:
    """What one student measured, and chose.

    Attributes:
        options: ids of the options that the value makes right, the one that holds it first; two near an edge.
        choice: id of the option that was chosen; None without an answer.
    """

    student: str
    machine: str
    value: float
    unit: str
    options: tuple[str, ...]
    choice: str | None


@dataclass(frozen=True)
class MeasuredAnswers:
    """Measured option against chosen option.

    Attributes:
        matrix: rows are the measured options, columns the chosen ones. A value near an edge, where two options count,
            is in the row of the chosen one if that is one of the two: the diagonal is what agrees.
        right: share of answers that agree with the student's own value.
        n_edge: answers for which two options counted.
        n_unanswered: students who measured and did not answer; they are not in the matrix.
        disagreeing: whose choice is not what they measured.
    """

    matrix: Matrix
    right: Share
    n_edge: int
    n_unanswered: int
    disagreeing: tuple[Measurement, ...]


@dataclass(frozen=True)
class Histogram:
    """The values that were measured on one machine, in `unit`.

    Attributes:
        students: how many different ones measured; `summary.n` is the number of values.
        edges: one more than there are counts; a value on an edge counts to the upper bin, the last edge is inside.
    """

    machine: str
    unit: str
    students: int
    summary: Summary
    edges: tuple[float, ...]
    counts: tuple[int, ...]


def measured_answers(measurements: Iterable[Measurement], options: Sequence[str]) -> MeasuredAnswers:
    """Set the measured options beside the chosen ones.

    Args:
        options: ids of the question's options, in the order to show.
    """
    held = list(measurements)
    answered = [one for one in held if one.choice is not None]
    pairs = [(_row(one), str(one.choice)) for one in answered]
    # What the bank does not name any more comes last, so that nobody is lost.
    known = dict.fromkeys([*options, *(label for pair in pairs for label in pair if label != NONE)])
    rows = [*known, *([NONE] if any(row == NONE for row, _ in pairs) else [])]
    disagreeing = tuple(one for one in answered if one.choice not in one.options)
    return MeasuredAnswers(
        matrix=matrix_of(pairs, rows, tuple(known)),
        right=share(len(answered) - len(disagreeing), len(answered)),
        n_edge=sum(len(one.options) > 1 for one in answered),
        n_unanswered=len(held) - len(answered),
        disagreeing=disagreeing,
    )


def histograms(measurements: Iterable[Measurement]) -> tuple[Histogram, ...]:
    """One histogram for each machine and unit, most values first.

    Raises:
        ValueError: a value is not a finite number.
    """
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for one in measurements:
        groups.setdefault((one.machine, one.unit), []).append(one)
    found = [_histogram(*place, held) for place, held in groups.items()]
    return tuple(sorted(found, key=lambda one: (-one.summary.n, one.machine, one.unit)))


def bin_edges(values: Sequence[float]) -> tuple[float, ...]:
    """Edges after Freedman and Diaconis: bins as wide as twice the middle half divided by the cube root of n.

    At least 5 bins and at most 40. Where the middle half is a single value, Sturges' number of bins. Values that are
    all alike are one bin, half a per cent to either side.
    """
    held = np.asarray(values, dtype=float)
    low, high = float(held.min()), float(held.max())
    reach = 0.005 * max(abs(low), abs(high))
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        return low - (reach or 0.5), high + (reach or 0.5)
    return tuple(np.linspace(low, high, _number_of_bins(held) + 1).tolist())


def _number_of_bins(values: Array) -> int:
    q1, q3 = np.quantile(values, (0.25, 0.75)).tolist()
    width: float = 2 * (q3 - q1) / len(values) ** (1 / 3)
    wanted = float(np.ptp(values) / width) if width > 0 else log2(len(values)) + 1
    return max(FLOOR, ceil(min(CAP, wanted)))


def _row(one: Measurement) -> str:
    if one.choice in one.options:
        return str(one.choice)
    return one.options[0] if one.options else NONE


def _histogram(machine: str, unit: str, held: Sequence[Measurement]) -> Histogram:
    values = [one.value for one in held]
    told = summary(values)
    edges = bin_edges(values)
    counts, _ = np.histogram(values, bins=edges)
    students = len({one.student for one in held})
    return Histogram(machine, unit, students, told, edges, tuple(counts.tolist()))
