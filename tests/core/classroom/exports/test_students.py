import pytest

from core.classroom.exports import AnswerRow, StudentRow, student_rows, students_table
from core.classroom.statistics import Attempt
from tests.core.classroom.exports.examples import a_class, answer, revealed

HANDLES = ["Cem", "Ada", "Dee", "Bo"]
MAXIMA = {"Q1": 1.0, "Q2": 1.0, "Q4": 1.0}


@pytest.mark.parametrize(("attempt", "of_q2"), [("first", 0.0), ("last", 1.0), ("best", 1.0)])
def test_the_attempt_rule_chooses_the_score(attempt: Attempt, of_q2: float) -> None:
    ada = student_rows(a_class(), HANDLES, attempt)[1]
    assert ada.scores == {"Q1": 0.5, "Q2": of_q2, "Q4": 1.0} and ada.total == 1.5 + of_q2


def test_every_student_has_a_row_in_the_order_given() -> None:
    rows = student_rows(a_class(), HANDLES)
    assert [row.student for row in rows] == HANDLES
    assert rows[2] == StudentRow("Dee", {}) and rows[2].total is None


def test_a_class_without_answers_has_rows_without_scores() -> None:
    assert student_rows([revealed("Bo", "Q4", 1)], ["Bo"]) == [StudentRow("Bo", {})]


def test_the_table_has_a_column_per_question_and_leaves_empty_what_was_not_answered() -> None:
    table = students_table(student_rows(a_class(), HANDLES), MAXIMA)
    assert [column.name for column in table.columns] == ["student", "Q1", "Q2", "Q4", "answered", "total", "max_total"]
    assert table.rows == (
        ("Cem", 0.75, None, None, 1, 0.75, 3.0),
        ("Ada", 0.5, 0.0, 1.0, 3, 1.5, 3.0),
        ("Dee", None, None, None, 0, None, 3.0),
        ("Bo", 1.0, 0.5, None, 2, 1.5, 3.0),
    )


def test_only_the_questions_asked_for_count() -> None:
    (row,) = students_table(student_rows(a_class(), ["Ada"]), {"Q2": 1.0}).rows
    assert row == ("Ada", 0.0, 1, 0.0, 1.0)


def test_a_question_named_like_a_column_of_ours_gets_another_name() -> None:
    table = students_table([StudentRow("Ada", {"total": 1.0})], {"total": 1.0})
    assert [column.name for column in table.columns] == ["student", "question_total", "answered", "total", "max_total"]


def test_a_question_worth_more_for_one_is_refused() -> None:
    from core.classroom.statistics.marks import BadAnswers

    other = answer("Bo", "Q1", 1, "cpu")
    rows = [answer("Ada", "Q1", 1, "cpu"), AnswerRow("Bo", "Q1", 1, other.marking, "", 0.0, max_score=2.0)]
    with pytest.raises(BadAnswers):
        student_rows(rows, ["Ada", "Bo"])
