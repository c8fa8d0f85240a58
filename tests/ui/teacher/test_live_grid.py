"""What the grid sends to the browser: a few letters for each cell, and the students' names as they are."""

from collections import Counter

from core.classroom.activity import Activity, Student
from core.classroom.cells import OPEN, Cell
from core.classroom.classes import Room
from core.classroom.live import ClassNow, QuestionNow, Votes
from tests.core.quiz.examples import LESSON
from ui.teacher.live_grid import grid_data

QUESTIONS = [LESSON.question(name) for name in ("Q1", "Q2", "Q3")]


def a_class(cells: dict[str, Cell], activity: Activity = "working", at: str | None = None) -> ClassNow:
    """One student, with cells by question."""
    questions = [QuestionNow(one.id, "open", Votes(), Votes(), Votes(), 0, Counter()) for one in LESSON.questions]
    student = Student("ada", "<b>Ada</b>", True, activity, at, 0.0)
    room = Room("class", "Physics", True, "open", {})
    return ClassNow(room, 0.0, (student,), tuple(questions), {("ada", name): cell for name, cell in cells.items()})


def row(now: ClassNow) -> dict[str, object]:
    (found,) = grid_data(now, QUESTIONS)["students"]
    return dict(found)


def test_a_cell_is_a_letter_and_from_the_second_attempt_on_tells_the_first() -> None:
    cells = {"Q1": OPEN.after(1.0), "Q2": OPEN.after(0.0).after(0.5), "Q3": OPEN.predicted()}
    assert row(a_class(cells))["cells"] == "R H2W P"
    assert row(a_class({"Q2": OPEN.after(None)}))["cells"] == "o S o"


def test_the_question_looked_at_is_marked_while_somebody_is_there() -> None:
    assert row(a_class({"Q1": OPEN.after(1.0)}, at="Q1"))["cells"] == "R@ o o"
    assert row(a_class({}, "stuck", at="Q3"))["cells"] == "o o o@"
    assert row(a_class({}, "away", at="Q3"))["cells"] == "o o o"


def test_answered_counts_the_questions_that_are_shown() -> None:
    now = a_class({"Q1": OPEN.after(0.0), "Q3": OPEN.predicted(), "Q4": OPEN.after(1.0)})
    assert row(now)["done"] == 1


def test_a_name_is_sent_as_it_was_typed() -> None:
    assert row(a_class({}))["handle"] == "<b>Ada</b>"


def test_every_question_comes_with_its_state() -> None:
    found = grid_data(a_class({}), QUESTIONS)["questions"]
    assert [(one["id"], one["state"]) for one in found] == [("Q1", "open"), ("Q2", "open"), ("Q3", "open")]
