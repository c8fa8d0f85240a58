"""Runs and pictures as the pages read them from the database."""

from sqlalchemy import select

from core.store.database import session
from core.store.tables import Picture, Run


def latest_run(person: str, lab: str, question_id: str | None) -> Run | None:
    """The newest run of this student on this page that measured anything."""
    query = (
        select(Run)
        .where(Run.person_id == person, Run.lab == lab, Run.question_id == question_id)
        .order_by(Run.created_at.desc())
        .limit(1)
    )
    with session() as database:
        return database.scalars(query).first()


def all_runs(person: str) -> list[Run]:
    """Every run of this student, newest first."""
    with session() as database:
        return list(database.scalars(select(Run).where(Run.person_id == person).order_by(Run.created_at.desc())))


def pictures(run_id: str) -> list[Picture]:
    """The pictures of a run, in the order in which they were made."""
    with session() as database:
        return list(database.scalars(select(Picture).where(Picture.run_id == run_id).order_by(Picture.index)))
