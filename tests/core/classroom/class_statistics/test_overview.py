"""The test and its questions from a class's work: whom the figures are of, and what is left out."""

from collections.abc import Iterable

import pytest

from core.classroom.class_statistics import ClassWork, class_statistics
from core.classroom.statistics import Response, marks_of, report
from tests.core.quiz.examples import LESSON, mini

BANK = mini()


def work(responses: Iterable[Response]) -> ClassWork:
    return ClassWork(9, tuple(responses), {}, {}, {}, 0, 0, 0.0)


def given(student: str, question: str, score: float, attempt: int = 1) -> Response:
    return Response(student, question, attempt, ("x",), ("x",), score, float(attempt))


SIX = [
    given(f"s{student}", question, float((student * 7 + place) % 3 != 0))
    for student in range(6)
    for place, question in enumerate(("Q1", "Q2", "Q4"))
]


def test_the_figures_are_those_of_the_report_that_the_command_line_prints() -> None:
    found = class_statistics(work(SIX), LESSON)
    printed = report(marks_of(one.as_answer() for one in SIX), "first", {"Q4"})
    assert found is not None
    assert found.totals.cronbach_alpha == printed["test"]["cronbach_alpha"]
    assert found.totals.mean == printed["test"]["mean"]
    assert [row.item.facility for row in found.rows] == [item["facility"] for item in printed["items"]]
    assert [row.item.question for row in found.rows] == ["Q1", "Q2", "Q4"]
    without = found.without_measured
    assert without is not None and without.value == printed["test"]["cronbach_alpha_without_measured"]


def test_one_student_in_another_section_does_not_empty_the_test() -> None:
    found = class_statistics(work([*SIX, given("s0", "I1", 1.0)]), LESSON)
    assert found is not None
    assert (found.tested, found.left_out, found.complete) == (("Q1", "Q2", "Q4"), (("I1", 1),), 6)
    left = found.rows[-1]
    assert left.item.question == "I1" and not left.is_tested and left.item.n == 1
    assert left.item.discrimination_index is None and left.item.alpha_if_deleted is None


def test_the_teacher_may_choose_the_questions() -> None:
    found = class_statistics(work([*SIX, given("s0", "I1", 1.0)]), LESSON, questions=("Q1", "I1"))
    assert found is not None and found.tested == ("Q1", "I1") and found.complete == 1
    assert class_statistics(work(SIX), LESSON, questions=()) is None


@pytest.mark.parametrize(("rule", "facility"), [("first", 0.0), ("last", 50.0), ("best", 100.0)])
def test_each_student_counts_with_one_attempt(rule: str, facility: float) -> None:
    attempts = [given("ada", "Q1", score, number) for number, score in enumerate((0.0, 1.0, 0.5), 1)]
    found = class_statistics(work(attempts), LESSON, rule)  # type: ignore[arg-type]
    assert found is not None and found.rows[0].item.facility == facility and found.rows[0].item.n == 1


def test_scores_are_of_the_students_who_reached_everything() -> None:
    answers = [given("ada", "Q1", 1.0), given("ada", "Q2", 0.5), given("ben", "Q1", 0.0)]
    found = class_statistics(work(answers), LESSON)
    assert found is not None
    assert (found.answering, found.complete, found.scores, found.most) == (2, 1, (1.5,), 2.0)


def test_a_measured_question_says_so_and_has_its_guess() -> None:
    found = class_statistics(work(SIX), LESSON)
    assert found is not None
    assert [row.is_measured for row in found.rows] == [False, False, True]
    assert found.rows[2].guess is not None and found.rows[2].guess.expected == 25.0


def test_alpha_without_measured_questions_needs_both_kinds() -> None:
    fixed = class_statistics(work(one for one in SIX if one.question != "Q4"), LESSON)
    measured = class_statistics(work(one for one in SIX if one.question == "Q4"), LESSON)
    assert fixed is not None and fixed.without_measured is None
    assert measured is not None and measured.without_measured is None


def test_a_question_that_the_bank_has_lost_keeps_its_marks() -> None:
    found = class_statistics(work(SIX), BANK)
    assert found is not None
    assert [(row.item.question, row.title, row.guess is None) for row in found.rows] == [
        ("Q1", "Fixed", False),
        ("Q2", "Measured", False),
        ("Q4", "Q4", True),
    ]
