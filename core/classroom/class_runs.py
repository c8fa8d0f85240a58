"""The runs of a class without their bulk: what tables, charts and evidence need of each, not its timelines and outputs.

    known = KnownRuns(room.id)
    runs = known.read(database)                        # newest first; later calls read only what is new
    runs[0].record["device"]["name"]                   # "Tesla T4"
    limit_in(runs[0].record, "tokens_per_s")           # 18.2: what the device could do at best, measured beside the run

A run record is 10 to 50 kB, and three hundred students make thousands. A record never changes, so each is read once.
"""

import threading
from dataclasses import dataclass
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import Text, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from core.runs.records import Record
from core.store.tables import Person, Run


class Repeat(TypedDict, total=False):
    """What is kept of a repeat."""

    index: int
    is_first: bool
    wall_s: float
    tokens: int | None
    tokens_per_s: float | None
    time_to_first_token_s: float | None
    images: int | None
    images_per_s: float | None
    evaluations: int | None
    seconds_per_evaluation: float | None


class Model(TypedDict, total=False):
    """What is kept of a model."""

    id: str
    title: str | None
    source: str | None
    dtype: str | None
    parameters: int | None


class Memory(TypedDict, total=False):
    """The readings between which memory is said to have grown."""

    baseline: dict[str, Any] | None
    after_load: dict[str, Any] | None
    after_run: dict[str, Any] | None


class Kept(TypedDict, total=False):
    """What is kept of a run record; everything else is passed over while it is parsed."""

    id: str
    created_at: str
    lab: str
    state: str
    error: dict[str, Any] | None
    settings: dict[str, Any]
    device: dict[str, Any]
    fresh_process: bool
    model: Model | None
    models: list[Model]
    repeats: list[Repeat]
    memory: Memory
    limit: dict[str, Any] | None


_KEPT = TypeAdapter(Kept)


@dataclass(frozen=True)
class ClassRun:
    """One run.

    Attributes:
        question_id: the question's page that it was started from; None for a lab's own page.
        at: seconds since 1970.
        record: of the run record the parts of `Kept`.
    """

    id: str
    person_id: str
    handle: str
    lab: str
    question_id: str | None
    state: str
    at: float
    record: Record

    @property
    def machine(self) -> str:
        """The device that it ran on, by name where it has one."""
        device = self.record["device"]
        return str(device.get("name") or device["type"])


class KnownRuns:
    """The runs of one class, read once; several threads may share it."""

    def __init__(self, class_id: str) -> None:
        self._class_id = class_id
        self._known: dict[str, ClassRun] = {}
        self._reading = threading.Lock()

    def read(self, session: Session) -> list[ClassRun]:
        """Every run of the class that is in the database now, newest first."""
        with self._reading:
            rows = select(Run.id, Run.created_at).join(Person, Person.id == Run.person_id)
            rows = rows.where(Person.class_id == self._class_id).order_by(Run.created_at.desc(), Run.id)
            there = dict(session.execute(rows).tuples().all())
            missing = [at for run_id, at in there.items() if run_id not in self._known]
            found = self._known | (_since(session, self._class_id, min(missing)) if missing else {})
            # What was deleted with its student is forgotten here, too.
            self._known = {run_id: found[run_id] for run_id in there if run_id in found}
            return list(self._known.values())


def _since(session: Session, class_id: str, at: float) -> dict[str, ClassRun]:
    columns = (Run.id, Run.person_id, Person.handle, Run.lab, Run.question_id, Run.state, Run.created_at)
    rows = select(*columns, sql_cast(Run.record, Text)).join(Person, Person.id == Run.person_id)
    rows = rows.where(Person.class_id == class_id, Run.created_at >= at)
    return {row[0]: _run(*row) for row in session.execute(rows)}


def _run(
    run_id: str,
    person_id: str,
    handle: str | None,
    lab: str,
    question_id: str | None,
    state: str,
    at: float,
    record: str,
) -> ClassRun:
    kept = cast(Record, _KEPT.validate_json(record))
    return ClassRun(run_id, person_id, handle or "", lab, question_id, state, at, kept)


def limit_in(record: Record, measure: str) -> float | None:
    """The limit that was measured beside a run, in the unit of one of its lab's measures; None where there is none.

    Of `wall_s` it is the least time for the work of the fastest repeat: its tokens or evaluations, one after the other.
    """
    limit, best = record.get("limit"), _best(record)
    if not limit or not best:
        return None
    value = float(limit["value"])
    if limit["unit"] == "tokens/s":
        if measure == "tokens_per_s":
            return value
        return best["tokens"] / value if measure == "wall_s" and best.get("tokens") else None
    if limit.get("images"):
        is_of_best = measure == "images_per_s" and best.get("images") == limit["images"]
        return limit["images"] / value if is_of_best else None
    return best["evaluations"] * value if measure == "wall_s" and best.get("evaluations") else None


def _best(record: Record) -> Record:
    """The repeat that the measures of a run are read off: the one with the highest rate, else the shortest."""
    repeats: list[Record] = record.get("repeats") or []
    rated = [repeat for repeat in repeats if repeat.get("images_per_s")]
    if rated:
        return max(rated, key=lambda repeat: float(repeat["images_per_s"]))
    return min(repeats, key=lambda repeat: float(repeat["wall_s"]), default={})
