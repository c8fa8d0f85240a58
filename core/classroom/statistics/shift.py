"""How answers moved: from what students predicted to their first answer, and on to their last.

    found = shift(responses, "Q4", letters={"fast": "a", "slow": "b"}, is_single=True, predictions={"ada": ("slow",)})
    found.first_to_final.counts         # ((12, 3), (9, 1)): 9 went from b to a
    found.gain.normalised_gain          # 0.42 of what was left to gain

Answers appear by letters, "b", or "acd" where several were ticked. Of the many sets that can be ticked the frequent
ones keep a row of their own, and those that count always do; the rest is folded into "other", where moves from one to
another are not seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.classroom.statistics.gain import Gain, gain
from core.classroom.statistics.intervals import Share, share
from core.classroom.statistics.labels import OTHER, Choices, Labels, labels_of
from core.classroom.statistics.marks import attempts_of
from core.classroom.statistics.matrix import Matrix, matrix_of
from core.classroom.statistics.responses import Response


@dataclass(frozen=True)
class Shift:
    """One question's answers from prediction to last attempt. Each matrix has its own `n`.

    Attributes:
        prediction_to_first: of the students who predicted and answered; `prediction_to_final` too.
        first_to_final: of all students with an answer; the diagonal kept what they had.
        keys: labels of the answers that count, of those that have a row.
        right_prediction: predictions that the student's own key makes right; None where the prediction asked something
            else than the question.
    """

    question: str
    prediction_to_first: Matrix
    prediction_to_final: Matrix
    first_to_final: Matrix
    keys: tuple[str, ...]
    right_prediction: Share | None
    gain: Gain


@dataclass(frozen=True)
class _Course:
    """One student: what was predicted (None without), the first answer and the last."""

    predicted: Choices | None
    first: Response
    final: Response


def shift(
    responses: Iterable[Response],
    question: str,
    *,
    letters: Mapping[str, str],
    is_single: bool,
    predictions: Mapping[str, Choices] | None = None,
    prediction_letters: Mapping[str, str] | None = None,
) -> Shift:
    """Follow every student's answers to one question.

    Args:
        responses: every attempt; those to other questions are passed over.
        letters: option id to letter, in the order to show.
        is_single: True where one option is chosen, and any option of the key counts.
        predictions: student to the options that were predicted.
        prediction_letters: as `letters`, where the prediction had choices of its own; None where it had the question's.

    Raises:
        BadAnswers: two different attempts of a student have the same number.
    """
    mine = [response for response in responses if response.question == question]
    courses = _courses(mine, predictions or {})
    answers = _answer_labels(courses, letters, is_single, with_predictions=prediction_letters is None)
    expected = answers if prediction_letters is None else _own_labels(courses, prediction_letters)
    predicted = [(expected.of(course.predicted), course) for course in courses if course.predicted is not None]
    return Shift(
        question=question,
        prediction_to_first=_matrix(
            [(label, answers.of(c.first.choices)) for label, c in predicted], expected, answers
        ),
        prediction_to_final=_matrix(
            [(label, answers.of(c.final.choices)) for label, c in predicted], expected, answers
        ),
        first_to_final=_matrix([(answers.of(c.first.choices), answers.of(c.final.choices)) for c in courses], answers),
        keys=_keys(courses, answers, is_single),
        right_prediction=_right(courses, is_single) if prediction_letters is None else None,
        gain=gain(mine, question),
    )


def _courses(mine: Sequence[Response], predictions: Mapping[str, Choices]) -> list[_Course]:
    attempts = attempts_of(mine).items()
    return [_Course(predictions.get(student), own[0], own[-1]) for (student, _), own in attempts]


def _answer_labels(
    courses: Sequence[_Course], letters: Mapping[str, str], is_single: bool, *, with_predictions: bool
) -> Labels:
    chosen = [response.choices for course in courses for response in (course.first, course.final)]
    if with_predictions:
        chosen += [course.predicted for course in courses if course.predicted is not None]
    return labels_of(chosen, letters, is_single=is_single, keys=[course.final.key for course in courses])


def _own_labels(courses: Sequence[_Course], letters: Mapping[str, str]) -> Labels:
    return labels_of([c.predicted for c in courses if c.predicted is not None], letters, is_single=True)


def _matrix(pairs: Sequence[tuple[str, str]], rows: Labels, columns: Labels | None = None) -> Matrix:
    return matrix_of(pairs, rows.order, (columns or rows).order)


def _keys(courses: Sequence[_Course], labels: Labels, is_single: bool) -> tuple[str, ...]:
    keys = (course.final.key for course in courses if course.final.key)
    found = {labels.of(part) for key in keys for part in ([(option,) for option in key] if is_single else [key])}
    return tuple(label for label in labels.order if label in found and label != OTHER)


def _right(courses: Sequence[_Course], is_single: bool) -> Share:
    told = [(set(c.predicted), set(c.final.key)) for c in courses if c.predicted is not None and c.final.key]
    return share(sum(bool(predicted & key) if is_single else predicted == key for predicted, key in told), len(told))
