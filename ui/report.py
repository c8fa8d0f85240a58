"""The entries of a student's report: per question the answer, the verdict, and what the latest run measured."""

from sqlalchemy import select

from core.classroom.answers import last_submission, prediction_of
from core.classroom.report import Entry, ReportBar
from core.quiz.bank import Question
from core.store.database import session
from core.store.tables import Run
from core.units import seconds
from ui.lesson import bank
from ui.results.card import provenance


def entries(person: str) -> list[Entry]:
    """One entry per question of the bank, in its order."""
    return [_entry(person, question) for question in bank().questions]


def deciding_run(person: str, question_id: str) -> Run | None:
    """The newest finished run that was started from the question's page."""
    query = (
        select(Run)
        .where(Run.person_id == person, Run.question_id == question_id, Run.state == "finished")
        .order_by(Run.created_at.desc())
        .limit(1)
    )
    with session() as database:
        return database.scalars(query).first()


def _entry(person: str, question: Question) -> Entry:
    with session() as database:
        last = last_submission(database, person, question)
        predicted = prediction_of(database, person, question.id)
    run = deciding_run(person, question.id)
    letters = question.letters
    answer = "Not answered."
    if last is not None:
        answer = "You answered " + (", ".join(letters[c] for c in last.marking.submitted_answers) or "nothing") + "."
    if predicted is not None:
        texts = {choice.id: choice.text for choice in question.prediction_choices}
        answer += " You had predicted: " + ", ".join(texts.get(choice, choice) for choice in predicted.choices) + "."
    return Entry(
        title=f"{question.id} · {question.headline}",
        answer=answer,
        outcome=f"{last.shown.heading or 'Open'}." if last else "Open.",
        verdict=last.shown.verdict if last else "",
        provenance=provenance(run.record) if run else "",
        bars_title="Time of each repeat; the cold one is an outline" if run and run.record["repeats"] else "",
        bars=_bars(run) if run else (),
    )


def _bars(run: Run) -> tuple[ReportBar, ...]:
    return tuple(
        ReportBar(f"repeat {i}", seconds(repeat["wall_s"]), repeat["wall_s"], bool(repeat["is_first"]))
        for i, repeat in enumerate(run.record["repeats"], 1)
    )
