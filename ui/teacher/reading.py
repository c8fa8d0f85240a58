"""What the statistics and the measurements draw, read from the database and kept while nothing changes.

    at = snapshot(room.id)                       # the class as it is now, or was up to ten seconds ago
    overview(at, "first", None)                  # computed once for this state of the class

What is kept is shared by all teachers' pages of this process, and never changed.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.classroom.class_runs import ClassRun, KnownRuns
from core.classroom.class_statistics import (
    ClassStatistics,
    ClassWork,
    QuestionStatistics,
    Stamp,
    class_statistics,
    question_statistics,
    read_work,
    stamp_of,
)
from core.classroom.statistics import Attempt
from core.quiz.bank import Bank
from core.store.database import session
from ui.lesson import bank

ASK_S = 10
"""The database is asked so often whether anything has changed; `read_again` asks at once."""
KEPT_S = 600


@dataclass(frozen=True)
class Snapshot:
    """One state of a class and of the bank."""

    class_id: str
    stamp: Stamp
    bank: Bank


def _key(at: Snapshot) -> tuple[Any, ...]:
    return at.class_id, at.stamp, at.bank.sha


def snapshot(class_id: str) -> Snapshot:
    """The class as it is now, or was when the database was last asked."""
    return Snapshot(class_id, _stamp(class_id), bank())


def read_again() -> None:
    """Ask the database at once."""
    _stamp.clear()


@st.cache_data(ttl=ASK_S, max_entries=32, show_spinner=False)
def _stamp(class_id: str) -> Stamp:
    with session() as database:
        return stamp_of(database, class_id)


@st.cache_resource(ttl=KEPT_S, max_entries=8, show_spinner="Reading the answers", hash_funcs={Snapshot: _key})
def work(at: Snapshot) -> ClassWork:
    """What the class did."""
    with session() as database:
        return read_work(database, at.class_id, at.bank)


@st.cache_resource(ttl=KEPT_S, max_entries=8, show_spinner="Reading the runs", hash_funcs={Snapshot: _key})
def runs(at: Snapshot) -> list[ClassRun]:
    """Every run of the class, newest first."""
    with session() as database:
        return _known_runs(at.class_id).read(database)


@st.cache_resource(ttl=6 * KEPT_S, max_entries=8, show_spinner=False)
def _known_runs(class_id: str) -> KnownRuns:
    return KnownRuns(class_id)


@st.cache_resource(ttl=KEPT_S, max_entries=32, show_spinner=False, hash_funcs={Snapshot: _key})
def overview(at: Snapshot, attempt: Attempt, questions: tuple[str, ...] | None) -> ClassStatistics | None:
    """The test and its questions; `questions` as `class_statistics` takes them."""
    return class_statistics(work(at), at.bank, attempt, questions)


@st.cache_resource(ttl=KEPT_S, max_entries=64, show_spinner=False, hash_funcs={Snapshot: _key})
def details(at: Snapshot, attempt: Attempt, tested: tuple[str, ...], question_id: str) -> QuestionStatistics | None:
    """One question."""
    return question_statistics(work(at), at.bank, question_id, attempt, tested, runs(at))
