"""A student's runs and pictures, as the pages read them."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.classroom.answers import answers_of
from core.quiz.bank import Question
from core.runs.records import growth
from core.store.tables import Class, Person, Picture, Run

CONTEXT_SOUGHT_IN = 20
FINISHED = ("picture", "result")
"""Roles of the pictures that a run was made for, not of its steps or of what went in."""


def latest_run(session: Session, person_id: str, lab: str, question_id: str | None) -> Run | None:
    """The newest run that was started from one page; `question_id` is None for the lab's own page."""
    query = select(Run).where(Run.person_id == person_id, Run.lab == lab, Run.question_id == question_id)
    return session.scalars(query.order_by(Run.created_at.desc()).limit(1)).first()


def deciding_run(session: Session, person_id: str, question: Question) -> Run | None:
    """The run that the latest answer rests on, else the newest finished run of the question; None without one."""
    answers = answers_of(session, person_id, question.id)
    named = session.get(Run, answers[-1].run_id) if answers and answers[-1].run_id else None
    if named is not None:
        return named
    mine = select(Run).where(Run.person_id == person_id, Run.lab == question.lab.name, Run.question_id == question.id)
    return session.scalar(mine.where(Run.state == "finished").order_by(Run.created_at.desc(), Run.id).limit(1))


def all_runs(session: Session, person_id: str) -> list[Run]:
    """Every run, newest first."""
    return list(session.scalars(select(Run).where(Run.person_id == person_id).order_by(Run.created_at.desc())))


def runs_of_lab(session: Session, person_id: str, lab: str, most: int) -> list[Run]:
    """The newest runs of one lab, from whatever page."""
    mine = select(Run).where(Run.person_id == person_id, Run.lab == lab)
    return list(session.scalars(mine.order_by(Run.created_at.desc(), Run.id).limit(most)))


def context_bytes(session: Session) -> int | None:
    """What CUDA kept for itself, in bytes, in the newest of the last runs that measured it; None where none did.

    Made-up runs of demo classes are passed over.
    """
    real = select(Run).join(Person, Person.id == Run.person_id).outerjoin(Class, Class.id == Person.class_id)
    real = real.where(Class.is_demo.is_not(True))
    newest = real.order_by(Run.created_at.desc()).limit(CONTEXT_SOUGHT_IN)
    found = (growth(run.record, "context", "device_used") for run in session.scalars(newest))
    return next((int(grown) for grown in found if grown is not None), None)


def newest_of_real_size(session: Session, lab: str) -> Run | None:
    """The newest finished run of a lab that was not on a small twin, anybody's; those of demo classes do not count."""
    real = select(Run).join(Person, Person.id == Run.person_id).outerjoin(Class, Class.id == Person.class_id)
    real = real.where(Run.lab == lab, Run.state == "finished", Class.is_demo.is_not(True))
    newest = session.scalars(real.order_by(Run.created_at.desc()).limit(CONTEXT_SOUGHT_IN))
    return next((run for run in newest if run.record["settings"].get("source") != "embedded"), None)


def pictures(session: Session, run_id: str) -> list[Picture]:
    """The pictures of a run, in the order in which they were made."""
    return list(session.scalars(select(Picture).where(Picture.run_id == run_id).order_by(Picture.index)))


def finished_pictures(session: Session, person_id: str, lab: str | None, most: int) -> list[tuple[Picture, Run]]:
    """What somebody's runs were made for, the newest run first, with the run of each; of one lab or of all."""
    mine = select(Picture, Run).join(Run, Run.id == Picture.run_id).where(Run.person_id == person_id)
    if lab is not None:
        mine = mine.where(Run.lab == lab)
    newest = mine.where(Picture.role.in_(FINISHED)).order_by(Run.created_at.desc(), Run.id, Picture.index)
    return list(session.execute(newest.limit(most)).tuples())


def labs_that_drew(session: Session, person_id: str) -> dict[str, int]:
    """How many finished pictures somebody has, by lab."""
    mine = select(Run.lab, func.count()).join(Picture, Picture.run_id == Run.id)
    mine = mine.where(Run.person_id == person_id, Picture.role.in_(FINISHED)).group_by(Run.lab)
    return dict(session.execute(mine.order_by(Run.lab)).tuples().all())


def drew(session: Session, run_ids: Collection[str]) -> set[str]:
    """Those of the runs that finished a picture."""
    query = select(Picture.run_id).where(Picture.run_id.in_(run_ids), Picture.role.in_(FINISHED))
    return set(session.scalars(query.distinct()))
