"""Runs and pictures for the pages, each read in a session of its own."""

from dataclasses import dataclass
from typing import Any

from core.classroom import runs
from core.store.database import session
from core.store.tables import Picture, Run
from ui.once import Once


def all_runs(person: str) -> list[Run]:
    """Every run of this student, newest first."""
    with session() as database:
        return runs.all_runs(database, person)


def latest_of_lab(person: str, lab: str) -> Run | None:
    """The newest run that was started from the lab's own page."""
    with session() as database:
        return runs.latest_run(database, person, lab, None)


def context_bytes() -> int | None:
    """What CUDA kept for itself in the newest run that measured it, anybody's; None where none did."""
    with session() as database:
        return runs.context_bytes(database)


def pictures(run_id: str) -> list[Picture]:
    """The pictures of a run, in the order in which they were made."""
    with session() as database:
        return runs.pictures(database, run_id)


def finished_pictures(person: str, lab: str | None, most: int) -> list[tuple[Picture, Run]]:
    """This student's pictures with their runs, newest run first."""
    with session() as database:
        return runs.finished_pictures(database, person, lab, most)


def labs_that_drew(person: str) -> dict[str, int]:
    """How many pictures this student has, by lab."""
    with session() as database:
        return runs.labs_that_drew(database, person)


def all_drew(*run_ids: str) -> bool:
    """Whether each of the runs finished a picture."""
    with session() as database:
        return runs.drew(database, run_ids) == set(run_ids)


@dataclass(frozen=True)
class ShownRun:
    """A run as a page draws it; its pictures are read once, however many parts of the page ask for them."""

    run: Run

    @property
    def id(self) -> str:
        """Of the run."""
        return self.run.id

    @property
    def record(self) -> dict[str, Any]:
        """The document that is exported."""
        return self.run.record

    @Once
    def pictures(self) -> list[Picture]:
        """In the order in which they were made."""
        return pictures(self.run.id)
