"""What the class measured for one question, as a whole room may see it: how many fell where, and nobody's own value.

The bins at both ends are open, so that no edge is somebody's value; counts under 5 are hidden, with what would give
them away (`core.classroom.suppression`).

    spread = spread_of(measured_by(database, class_id, question), limit=None)
    spread.edges, spread.counts            # (16.0, 17.0, 18.0), (None, 12, 9, None)
"""

import math
import statistics
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.classroom.suppression import Shown, of_one_choice, of_people
from core.quiz.bank import Key, Question
from core.store.tables import Answer, Person, Run

PEOPLE_IN_A_BIN = 10
MOST_BINS = 8
TAIL = 0.1
"""This share of the values at either end decides no edge."""
NARROWEST = 0.01
"""The narrowest bin, relative to the middle value: within that, runs differ by chance."""


@dataclass(frozen=True)
class MeasuredAnswer:
    """The run that somebody's last answer rests on. `is_right`: the answer says what the run measured."""

    value: float
    is_right: bool
    run_id: str | None


@dataclass(frozen=True)
class Spread:
    """How the values of a class spread, in `unit`.

    Attributes:
        people: how many measured; None under 5.
        edges: between the bins, ascending: the first bin ends at the first edge, the last one begins at the last.
        counts: one more than there are edges.
        fitting: how many answers say what that student's own run measured; None where the room may not see it.
        limit: what the machine allows at best, where the records tell.
    """

    unit: str
    people: int | None
    edges: tuple[float, ...]
    counts: Shown
    fitting: int | None
    limit: float | None


def measured_by(session: Session, class_id: str, question: Question) -> list[MeasuredAnswer]:
    """What everybody's last answer to a measured question rests on; those marked by a reference are left out."""
    evidence = Answer.marking["evidence"]
    rows = select(Answer.person_id, Answer.score, Answer.run_id, evidence).join(Person, Person.id == Answer.person_id)
    rows = rows.where(Person.class_id == class_id, Answer.question_id == question.id, Answer.score.is_not(None))
    last = {person: (score, run, found) for person, score, run, found in session.execute(rows.order_by(Answer.attempt))}
    return [
        MeasuredAnswer(found["value"], score == 1, run)
        for score, run, found in last.values()
        if found and found["source"] == "live"
    ]


def limit_for(session: Session, key: Key, run_ids: Sequence[str]) -> float | None:
    """The best that the machine allows, in the question's unit: the median over these runs; None where none tells.

    The limit of writing text is a rate. For a time it is turned into that of the tokens that the run wrote.
    """
    if key.measure not in ("wall_s", "tokens_per_s"):
        return None
    limit, tokens = Run.record["limit"], Run.record[("repeats", 0, "tokens")]
    rows = session.execute(select(limit, tokens).where(Run.id.in_(run_ids)))
    rates = [(found["value"], written) for found, written in rows if found and found["unit"] == "tokens/s"]
    found = [written / rate if key.measure == "wall_s" else rate for rate, written in rates if written]
    return statistics.median(found) if found else None


def spread_of(answers: Sequence[MeasuredAnswer], unit: str, limit: float | None) -> Spread | None:
    """The values in bins; None where fewer than 5 measured."""
    people = of_people(len(answers))
    if people is None:
        return None
    values = sorted(answer.value for answer in answers)
    edges = _edges(values)
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect_right(edges, value)] += 1
    right = sum(answer.is_right for answer in answers)
    return Spread(unit, people, edges, of_one_choice(counts), of_one_choice([right, people - right])[0], limit)


def _edges(values: Sequence[float]) -> tuple[float, ...]:
    """Round numbers about equally far apart, from the low to the high end of what is common."""
    tail = int(TAIL * len(values))
    low, high = values[tail], values[-1 - tail]
    bins = max(1, min(MOST_BINS, len(values) // PEOPLE_IN_A_BIN))
    step = _round_up(max((high - low) / bins, NARROWEST * abs(statistics.median(values)), 1e-9))
    first, last = math.floor(low / step), math.ceil(high / step)
    return tuple(round(number * step, 9) for number in range(first, max(last, first + 1) + 1))


def _round_up(width: float) -> float:
    """The next of 1, 2, 5, 10, … times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= width * (1 - 1e-9))
