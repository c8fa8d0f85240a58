from pathlib import Path

import pytest

from core.classroom.exports import AnswerRow, answers_table, csv_bytes
from core.classroom.statistics import Answer, marks_of, read_answers
from core.classroom.statistics.reading import COLUMNS as READ
from tests.core.classroom.exports.examples import a_class, answer, revealed


def as_dicts(*rows: AnswerRow) -> list[dict[str, object]]:
    table = answers_table(rows)
    return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]


def test_a_row_says_what_was_submitted_and_what_counted() -> None:
    (row,) = as_dicts(answer("Ada", "Q1", 1, "t4", "cpu", shown_order=["l4", "cpu", "t4", "a100"]))
    assert (row["score"], row["max_score"], row["attempt"]) == (0.5, 1.0, 1)
    assert row["submitted"] == "cpu t4" and row["submitted_letters"] == "a b"
    assert row["key"] == "cpu t4 a100 l4" and row["rule"] == "plus-minus"
    assert row["shown_order"] == "l4 cpu t4 a100" and row["predicted"] is None
    assert row["marked_at"] == "2026-05-28T20:26:40.250Z" and row["is_regraded"] is False
    assert row["evidence_value"] is None and row["run_id"] is None


def test_a_measured_answer_carries_its_evidence() -> None:
    (row,) = as_dicts(answer("Ada", "Q4", 1, "s_20_to_40", predicted=["under_10_s"]))
    assert (row["score"], row["rule"], row["key"]) == (1.0, "single", "s_20_to_40")
    assert (row["evidence_value"], row["evidence_unit"], row["evidence_machine"]) == (16.6, "s", "a CPU")
    assert (row["evidence_source"], row["evidence_kind"], row["run_id"]) == ("live", "measured", "run1")
    assert row["predicted"] == "under_10_s"


def test_other_complete_answers_stand_beside_the_key() -> None:
    (row,) = as_dicts(answer("Ada", "Q9", 1, "quality"))
    assert row["key"] == "quality | speed quality"


def test_the_table_begins_with_what_the_statistics_read() -> None:
    assert tuple(column.name for column in answers_table([]).columns[:5]) == READ


def test_the_statistics_read_the_file_back(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(csv_bytes(answers_table(a_class())))
    found = read_answers(path)
    assert found == [
        Answer(row.student, row.question, row.attempt, row.marking.score, 1.0)
        for row in a_class()
        if row.marking.state == "graded"
    ]
    assert marks_of(found, "last").scores[0].tolist() == [0.5, 1.0, 1.0]


def test_asking_for_the_answer_is_no_attempt() -> None:
    """With an empty score the statistics would take it for a blank answer that earned nothing."""
    assert as_dicts(revealed("Bo", "Q4", 2)) == []


@pytest.mark.parametrize("handle", ["=1+1", "a,b", 'say "x"', "x;=1+1"])
def test_a_handle_of_any_kind_is_one_cell(handle: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(csv_bytes(answers_table([answer(handle, "Q1", 1, "cpu")])))
    (found,) = read_answers(path)
    assert found.student.replace("'", "") == handle


def test_every_column_is_explained() -> None:
    assert all(column.meaning.endswith(".") for column in answers_table([]).columns)
