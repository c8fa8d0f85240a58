"""The figures of the whole test and of every question, for one attempt of each student."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.classroom.class_statistics.total_intervals import TotalIntervals, total_intervals
from core.classroom.class_statistics.work import ClassWork, questions_of_test
from core.classroom.statistics import (
    Alpha,
    Attempt,
    Guess,
    Item,
    Marks,
    Totals,
    alpha_statistics,
    guess_score,
    item_statistics,
    marks_of,
    total_statistics,
)
from core.classroom.statistics.spread import totals_of
from core.quiz.bank import Bank


@dataclass(frozen=True)
class QuestionRow:
    """One question with its figures.

    Attributes:
        item: where the question is not of the test, only `n`, facility and SD mean anything.
        title: the bank's; the id where the bank does not hold it any more.
        guess: None where the bank does not hold it.
        is_measured: its key is each student's own run.
        is_tested: it belongs to the test, whose correlations it takes part in.
    """

    item: Item
    title: str
    guess: Guess | None
    is_measured: bool
    is_tested: bool


@dataclass(frozen=True)
class ClassStatistics:
    """The test of one class by one attempt rule.

    Attributes:
        answering: students with an answer to a question of the test; `complete` of them reached all of it.
        tested: ids of the questions that make up the test, in the bank's order.
        left_out: other questions, each with how many students answered it.
        without_measured: alpha without the measured questions; None where none is measured, or nothing else is left.
        rows: questions of the test, then those left out.
        scores: total of each complete student in points, ascending; `most` is what the test gives.
    """

    attempt: Attempt
    answering: int
    complete: int
    tested: tuple[str, ...]
    left_out: tuple[tuple[str, int], ...]
    totals: Totals
    intervals: TotalIntervals
    without_measured: Alpha | None
    rows: tuple[QuestionRow, ...]
    scores: tuple[float, ...]
    most: float


def class_statistics(
    work: ClassWork, bank: Bank, attempt: Attempt = "first", questions: Sequence[str] | None = None
) -> ClassStatistics | None:
    """Compute everything for one attempt of each student; None where no question of the test has an answer.

    Args:
        questions: what the test is made of; None takes `questions_of_test`.
    """
    wanted = questions_of_test(work) if questions is None else questions
    tested = tuple(name for name in work.questions if name in wanted)
    if not tested:
        return None
    marks = _marks(work, tested, attempt)
    totals, measured = total_statistics(marks), _measured(work, tested, bank)
    left = tuple(name for name in work.questions if name not in tested)
    rows = [_row(item, bank, is_tested=True) for item in item_statistics(marks)]
    rows += [_row(item_statistics(_marks(work, (name,), attempt))[0], bank, is_tested=False) for name in left]
    reached = Counter(question for _, question in {(one.student, one.question) for one in work.responses})
    return ClassStatistics(
        attempt=attempt,
        answering=len(marks.students),
        complete=totals.n,
        tested=tested,
        left_out=tuple((name, reached[name]) for name in left),
        totals=totals,
        intervals=total_intervals(marks.complete, totals),
        without_measured=alpha_statistics(marks, measured) if 0 < len(measured) < len(tested) else None,
        rows=tuple(rows),
        scores=tuple(sorted(totals_of(marks.complete).tolist())),
        most=float(marks.maxima.sum()),
    )


def _marks(work: ClassWork, questions: Sequence[str], attempt: Attempt) -> Marks:
    return marks_of((one.as_answer() for one in work.responses if one.question in questions), attempt)


def _measured(work: ClassWork, questions: Sequence[str], bank: Bank) -> set[str]:
    """Questions whose key is measured, by the bank, or by the answers where the bank does not hold them any more."""
    by_answers = {question for _, question, _ in work.evidence}
    return {question.id for question in bank.questions if question.key} & set(questions) | by_answers & set(questions)


def _row(item: Item, bank: Bank, *, is_tested: bool) -> QuestionRow:
    question = next((found for found in bank.questions if found.id == item.question), None)
    return QuestionRow(
        item=item,
        title=question.title if question else item.question,
        guess=guess_score(question) if question else None,
        is_measured=bool(question and question.key),
        is_tested=is_tested,
    )
