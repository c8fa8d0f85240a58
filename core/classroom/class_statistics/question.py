"""One question in detail: its options, how answers moved, and what the class measured where the key is measured."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from core.classroom.class_runs import ClassRun, limit_in
from core.classroom.class_statistics.work import ClassWork
from core.classroom.statistics import (
    Attempt,
    Distractors,
    Group,
    Histogram,
    MeasuredAnswers,
    Measurement,
    Response,
    Shift,
    distractors,
    group_facilities,
    histograms,
    marks_of,
    measured_answers,
    shift,
)
from core.classroom.statistics.marks import one_attempt_each
from core.quiz.bank import Bank, Question
from core.quiz.evidence import REDUCE, Evidence, options_for, reasons_against, values_of

OWN_LETTERS = "ABCDEFGHIJKL"
"""Of a prediction that has choices of its own, so that they are not taken for the question's."""


@dataclass(frozen=True)
class MachineValues:
    """What the class measured on one machine, each student's deciding value once.

    Attributes:
        values: in the histogram's unit, ascending.
        limit: median of the limits that were measured beside these runs, in the same unit; None without one.
    """

    histogram: Histogram
    values: tuple[float, ...]
    limit: float | None


@dataclass(frozen=True)
class QuestionStatistics:
    """One question.

    Attributes:
        asked: how many students asked for the answer.
        groups: mean score by fifth or third of the class, lowest first; empty for a question outside of the test.
        distractors: of the chosen attempt; `shift` is of all attempts.
        prediction_letters: option id to letter, where the prediction had choices of its own.
        measured: None where the key is fixed.
        by_reference: answers that rest on the bank's reference value instead of an own run.
    """

    question: Question
    asked: int
    groups: tuple[Group, ...]
    distractors: Distractors
    shift: Shift
    prediction_letters: Mapping[str, str]
    measured: MeasuredAnswers | None
    machines: tuple[MachineValues, ...]
    by_reference: int


def question_statistics(
    work: ClassWork,
    bank: Bank,
    question_id: str,
    attempt: Attempt,
    tested: Sequence[str],
    runs: Sequence[ClassRun] = (),
) -> QuestionStatistics | None:
    """Look at one question; None where the bank does not hold it or nobody answered it.

    Args:
        tested: questions that make up the test; the mark on the rest of it is read from them.
        runs: of the class, newest first; those of other questions' pages are passed over.
    """
    question = next((found for found in bank.questions if found.id == question_id), None)
    if question is None or question_id not in work.questions:
        return None
    test = [one for one in work.responses if one.question in {*tested, question_id}]
    mine = [one for one in test if one.question == question_id]
    own = _own_letters(question)
    found = _measurements(work, question, mine, attempt, runs) if question.key else []
    live = [one for one, evidence in found if evidence is None or evidence.source == "live"]
    return QuestionStatistics(
        question=question,
        asked=work.asked.get(question_id, 0),
        groups=_groups(test, question_id, attempt) if question_id in tested else (),
        distractors=distractors(test, question_id, list(question.letters), attempt),
        shift=shift(
            mine,
            question_id,
            letters=question.letters,
            is_single=question.type == "single",
            predictions=work.predictions.get(question_id),
            prediction_letters=own or None,
        ),
        prediction_letters=own,
        measured=measured_answers([one for one, _ in found], list(question.letters)) if question.key else None,
        machines=_machines(question, live, _limits(question, found, runs)),
        by_reference=len(found) - len(live),
    )


def _groups(test: Iterable[Response], question_id: str, attempt: Attempt) -> tuple[Group, ...]:
    return group_facilities(marks_of((one.as_answer() for one in test), attempt), question_id)


def _own_letters(question: Question) -> dict[str, str]:
    choices = question.prediction.choices if question.prediction else ()
    return {choice.id: letter for choice, letter in zip(choices, OWN_LETTERS, strict=False)}


Found = tuple[Measurement, Evidence | None]


def _measurements(
    work: ClassWork, question: Question, mine: Iterable[Response], attempt: Attempt, runs: Sequence[ClassRun]
) -> list[Found]:
    """Each student's value and choice: as the chosen attempt was marked, else from the newest run that counts."""
    chosen = one_attempt_each(mine, attempt)
    found: list[Found] = []
    for (student, _), response in chosen.items():
        evidence = work.evidence.get((student, question.id, response.attempt))
        if evidence:
            choice = next(iter(response.choices), None)
            value = evidence.value, evidence.unit, evidence.key
            found.append((Measurement(student, evidence.machine, *value, choice), evidence))
    answered = {student for student, _ in chosen}
    return found + [(one, None) for one in _unanswered(question, runs) if one.student not in answered]


def _unanswered(question: Question, runs: Sequence[ClassRun]) -> Iterable[Measurement]:
    """The value of everybody's newest run that counts."""
    key = question.key
    seen: set[str] = set()
    for run in runs:
        if key is None or run.question_id != question.id or run.handle in seen or reasons_against(question, run.record):
            continue
        seen.add(run.handle)
        value = REDUCE[key.reduce](values_of(question, run.record))
        if key.plausible[0] <= value <= key.plausible[1]:
            options = options_for(question, value)[0]
            yield Measurement(run.handle, run.machine, value, key.unit, options, None)


def _limits(question: Question, found: Iterable[Found], runs: Sequence[ClassRun]) -> dict[str, list[float]]:
    """Limits by machine, of the runs that decided."""
    deciding = {evidence.run_id for _, evidence in found if evidence and evidence.run_id}
    limits: dict[str, list[float]] = {}
    for run in runs:
        limit = limit_in(run.record, question.key.measure) if question.key and run.id in deciding else None
        if limit is not None:
            limits.setdefault(run.machine, []).append(limit)
    return limits


def _machines(
    question: Question, live: Sequence[Measurement], limits: Mapping[str, Sequence[float]]
) -> tuple[MachineValues, ...]:
    if question.key is None or not live:
        return ()
    return tuple(
        MachineValues(
            histogram=one,
            values=tuple(sorted(held.value for held in live if (held.machine, held.unit) == (one.machine, one.unit))),
            limit=median(limits[one.machine]) if limits.get(one.machine) else None,
        )
        for one in histograms(live)
    )
