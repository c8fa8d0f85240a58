import csv
import io

import pytest

from core.classroom.exports import StudentRow, canvas_csv, moodle_csv
from core.classroom.exports.gradebook import CANVAS_STEPS, MOODLE_STEPS, NO_GRADE
from tests.core.classroom.exports.examples import NASTY

MAXIMA = {"Q1": 1.0, "Q2": 2.0}
ROWS = [StudentRow("Ada", {"Q1": 2 / 3, "Q2": 2.0}), StudentRow("Bo", {"Q1": 0.0}), StudentRow("Cem", {})]


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_moodle_gets_points_and_percent_and_a_sign_where_nothing_was_answered() -> None:
    head, ada, bo, cem = read(moodle_csv(ROWS, MAXIMA))
    assert head == [
        "Handle",
        "Username",
        "VRAM Lab Q1 (of 1)",
        "VRAM Lab Q2 (of 2)",
        "VRAM Lab total (of 3)",
        "VRAM Lab percent",
    ]
    assert ada == ["Ada", "", "0.66667", "2.0", "2.66667", "88.89"]
    assert bo == ["Bo", "", "0.0", NO_GRADE, "0.0", "0.0"]
    assert cem == ["Cem", "", NO_GRADE, NO_GRADE, NO_GRADE, NO_GRADE]


def test_canvas_gets_its_columns_and_the_points_possible() -> None:
    head, points, ada, bo, cem = read(canvas_csv(ROWS, MAXIMA, section="Physik & KI"))
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "VRAM Lab total"]
    assert points == ["    Points Possible", "", "", "", "", "3.0"]
    assert ada == ["Ada", "", "", "", "Physik & KI", "2.66667"]
    assert bo[-1] == "0.0" and cem[-1] == ""


def test_canvas_takes_single_questions_instead_of_the_total() -> None:
    head, points, ada, bo, _ = read(canvas_csv(ROWS, MAXIMA, section="A", content="questions"))
    assert head[5:] == ["VRAM Lab Q1", "VRAM Lab Q2"] and points[5:] == ["1.0", "2.0"]
    assert ada[5:] == ["0.66667", "2.0"] and bo[5:] == ["0.0", ""]


def test_no_handle_passes_for_the_row_of_maxima() -> None:
    """Canvas would take that student's scores for what the questions are worth."""
    lines = read(canvas_csv([StudentRow("my Points Possible", {"Q1": 1.0})], MAXIMA, section="A"))
    assert sum("Points Possible" in line[0] for line in lines) == 1


@pytest.mark.parametrize("text", NASTY)
def test_no_handle_or_class_is_a_formula(text: str) -> None:
    rows = [StudentRow(text, {"Q1": 1.0})]
    assert read(moodle_csv(rows, MAXIMA))[1][0].startswith("'")
    line = read(canvas_csv(rows, MAXIMA, section=text))[2]
    assert line[0].startswith("'") and line[4].startswith("'")


def test_questions_that_were_not_asked_for_do_not_count() -> None:
    assert read(moodle_csv(ROWS[:1], {"Q2": 2.0}))[1] == ["Ada", "", "2.0", "2.0", "100.0"]


def test_the_teacher_is_told_what_to_map_by_hand() -> None:
    assert any("Username" in step for step in MOODLE_STEPS) and any("SIS Login ID" in step for step in CANVAS_STEPS)
