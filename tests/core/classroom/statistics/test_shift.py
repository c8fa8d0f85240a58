"""From prediction to last answer: every student is in the matrix once, and what is rare is folded, not lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.classroom.statistics import Response, shift
from tests.core.classroom.statistics.classes import response

LETTERS = {letter: letter for letter in "abcd"}
SETS = st.sets(st.sampled_from("abcd")).map(lambda ticked: "".join(sorted(ticked)))


def class_of(courses: list[list[str]], key: str = "a") -> list[Response]:
    return [
        response(f"s{student}", "Q1", choices, key, attempt=number)
        for student, course in enumerate(courses)
        for number, choices in enumerate(course, start=1)
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.none() | SETS, st.lists(SETS, min_size=1, max_size=3)), max_size=30))
def test_every_student_is_in_each_matrix_once(students: list[tuple[str | None, list[str]]]) -> None:
    courses = [course for _, course in students]
    predictions = {f"s{i}": tuple(told) for i, (told, _) in enumerate(students) if told is not None}
    found = shift(
        class_of(courses, "ab"), "Q1", letters=LETTERS, is_single=False, predictions={**predictions, "absent": ("a",)}
    )
    assert found.first_to_final.n == len(courses) == found.gain.n
    assert found.prediction_to_first.n == found.prediction_to_final.n == len(predictions)
    right = sum(set(told) == {"a", "b"} for told in predictions.values())
    assert found.right_prediction and (found.right_prediction.count, found.right_prediction.n) == (
        right,
        len(predictions),
    )
    order = found.first_to_final.rows
    assert order == found.first_to_final.columns and len(order) <= 10
    assert sum("ab" in (course[0], course[-1]) for course in courses) == 0 or "ab" in order


def test_a_single_question_has_a_row_for_every_option() -> None:
    courses = [["a"], ["b", "a"], ["b", "c"], ["b", "a"]]
    found = shift(class_of(courses), "Q1", letters=LETTERS, is_single=True, predictions={"s0": ("b",), "s1": ("a",)})
    assert found.first_to_final.rows == ("a", "b", "c", "d")
    assert found.first_to_final.counts == ((1, 0, 0, 0), (2, 0, 1, 0), (0, 0, 0, 0), (0, 0, 0, 0))
    assert found.prediction_to_first.counts[1] == (1, 0, 0, 0)
    assert found.keys == ("a",) and found.right_prediction and found.right_prediction.count == 1


def test_near_an_edge_either_prediction_was_right() -> None:
    found = shift(class_of([["a"], ["b"]], "ab"), "Q1", letters=LETTERS, is_single=True, predictions={"s0": ("b",)})
    assert found.right_prediction and found.right_prediction.percent == 100
    assert found.keys == ("a", "b")


def test_a_prediction_with_choices_of_its_own_is_neither_right_nor_wrong() -> None:
    found = shift(
        class_of([["ab"], ["a"]]),
        "Q1",
        letters=LETTERS,
        is_single=False,
        predictions={"s0": ("two_bytes",), "s1": ("one_byte",)},
        prediction_letters={"one_byte": "1", "two_bytes": "2", "four_bytes": "4"},
    )
    assert found.right_prediction is None
    assert (found.prediction_to_first.rows, found.prediction_to_first.columns) == (("1", "2", "4"), ("a", "ab"))
    assert found.prediction_to_first.counts == ((1, 0), (0, 1), (0, 0))


def test_nobody_gives_empty_matrices() -> None:
    found = shift([], "Q1", letters=LETTERS, is_single=True)
    assert found.first_to_final.n == 0 and found.gain.n == 0
    assert found.right_prediction and found.right_prediction.percent is None
