"""The statistics as one document: the names that other programs rely on, and n beside the figures."""

from core.classroom.statistics import Answer, Response, marks_of, report, table
from tests.core.classroom.statistics.classes import EIGHT, answers

ITEM = {
    "question",
    "n",
    "facility",
    "sd",
    "intended_weight",
    "effective_weight",
    "discrimination_index",
    "discriminative_efficiency",
}
TEST = {"mean", "median", "sd", "skewness", "kurtosis", "cronbach_alpha", "error_ratio", "standard_error"}


def test_the_names_are_those_of_the_documentation() -> None:
    found = report(marks_of(answers(EIGHT), "best"), "best")
    assert {"students", "questions", "attempt", "items", "test"} <= found.keys()
    assert (found["students"], found["questions"], found["attempt"]) == (8, 5, "best")
    assert all(item.keys() >= ITEM for item in found["items"]) and found["test"].keys() >= TEST


def test_every_figure_says_how_many_students_it_is_of() -> None:
    late = Answer("late", "Q1", 1, 1.0, 1.0)
    found = report(marks_of([*answers(EIGHT), late]), "first")
    assert (found["students"], found["complete_students"], found["test"]["n"]) == (9, 8, 8)
    assert (found["items"][0]["n"], found["items"][0]["n_complete"]) == (9, 8)
    assert "of the students who reached every question: 8, too few to judge questions by." in table(found)


def test_alpha_without_measured_questions_is_given_where_they_are_named() -> None:
    marks = marks_of(answers(EIGHT))
    assert "cronbach_alpha_without_measured" not in report(marks, "first")["test"]
    found = report(marks, "first", measured=["Q1"])
    assert round(found["test"]["cronbach_alpha_without_measured"], 4) == 50.8629
    assert found["test"]["n_without_measured"] == 8
    assert "without the measured questions %: 50.86" in table(found)


def test_large_classes_are_not_called_rough() -> None:
    assert table(report(marks_of(answers(EIGHT * 4)), "first")).endswith("reached every question: 32.")
    assert "16, enough for rough figures." in table(report(marks_of(answers(EIGHT * 2)), "first"))


def test_a_response_becomes_the_mark_it_earned() -> None:
    responses = [Response("ada", "Q1", 1, ("a",), ("a",), 0.5, 0.0), Response("ada", "Q2", 1, (), ("a",), None, 0.0)]
    assert [one.as_answer(2.0) for one in responses] == [
        Answer("ada", "Q1", 1, 1.0, 2.0),
        Answer("ada", "Q2", 1, None, 2.0),
    ]
