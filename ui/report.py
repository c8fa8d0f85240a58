"""The entries of a student's report: per question the answer, the verdict, and what its run measured."""

from core.classroom.answers import last_submission, last_ticks
from core.classroom.predictions import prediction_of
from core.classroom.report import Entry, ReportBar
from core.classroom.runs import deciding_run
from core.quiz.bank import Question
from core.runs.records import Record, growth, main_meter
from core.store.database import session
from core.units import gib, seconds
from ui.lesson import bank
from ui.prediction import prediction_words
from ui.results.card import provenance
from ui.results.readings import METERS, repeat_label


def entries(person: str) -> list[Entry]:
    """One entry per question of the bank, in its order."""
    return [_entry(person, question) for question in bank().questions]


def _entry(person: str, question: Question) -> Entry:
    with session() as database:
        last = last_submission(database, person, question)
        run = deciding_run(database, person, question)
        submitted = last_ticks(database, person, question.id)
        predicted = prediction_of(database, person, question.id)
    record = run.record if run else {}
    outcome = "Open" if last is None else last.shown.heading or "Answer shown"
    words = [_answer(question, submitted)]
    if predicted is not None:
        words.append(f"Predicted: {prediction_words(question, predicted)}.")
    return Entry(
        title=f"{question.id} · {question.headline}",
        answer=" ".join(words),
        outcome=f"{outcome}.",
        verdict=last.shown.verdict if last else "",
        measured=_memory(record),
        provenance=provenance(record) if record else "",
        bars_title="Time of each repeat; the cold one is an outline" if record.get("repeats") else "",
        bars=_bars(record),
    )


def _answer(question: Question, submitted: list[str]) -> str:
    texts = [f"{choice.letter} {choice.text}" for choice in question.choices if choice.id in submitted]
    return f"Answered: {'; '.join(texts)}." if texts else "Not answered."


def _memory(record: Record) -> str:
    """What a run with a model added to its device's main meter."""
    if not record.get("model"):
        return ""
    for border, when in (("after_run", "after the run"), ("after_load", "after the load")):
        grown = growth(record, border, main_meter(record))
        if grown is not None:
            return f"The {METERS[main_meter(record)]} ({main_meter(record)}) had grown by {gib(grown)} {when}."
    return ""


def _bars(record: Record) -> tuple[ReportBar, ...]:
    return tuple(
        ReportBar(repeat_label(record, index), seconds(repeat["wall_s"]), repeat["wall_s"], bool(repeat["is_first"]))
        for index, repeat in enumerate(record.get("repeats") or [])
    )
