from dataclasses import fields
from typing import Any

import pytest

from core.classroom.exports import Table, items_table, totals_table
from core.classroom.statistics import Answer, Item, Totals, marks_of, report

MARKS = marks_of(
    Answer(f"s{row}", f"Q{column}", 1, float(mark), 1.0)
    for row, marks in enumerate(["1111", "1100", "0110", "1000", "1001"])
    for column, mark in enumerate(marks)
)
REPORT = report(MARKS, "first")


def as_dicts(table: Table) -> list[dict[str, Any]]:
    return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]


def test_every_figure_of_the_report_is_a_column() -> None:
    found, items = as_dicts(items_table(REPORT)), REPORT["items"]
    assert [row["question"] for row in found] == ["Q0", "Q1", "Q2", "Q3"]
    for row, item in zip(found, items, strict=True):
        assert row["facility"] == item["facility"] and row["attempt"] == "first"
        assert (row["facility_low"], row["facility_high"]) == item["facility_interval"]
        assert row["flags"] == "; ".join(item["flags"])


@pytest.mark.parametrize(("made_of", "table"), [(Item, items_table(REPORT)), (Totals, totals_table(REPORT))])
def test_no_figure_of_the_statistics_is_forgotten(made_of: type, table: Table) -> None:
    columns = {column.name for column in table.columns}
    for field in fields(made_of):
        stem = field.name.removesuffix("_interval")
        assert {field.name} <= columns or {f"{stem}_low", f"{stem}_high"} <= columns, field.name


def test_what_is_not_defined_is_empty() -> None:
    alike = report(marks_of(Answer(f"s{i}", "Q1", 1, 1.0, 1.0) for i in range(3)), "last")
    (row,) = as_dicts(items_table(alike))
    assert row["discrimination_index"] is None and row["discrimination_low"] is None and row["attempt"] == "last"
    assert "tells nobody apart" in row["flags"]


def test_what_guessing_earns_stands_beside_the_facility_where_it_is_known() -> None:
    found = as_dicts(items_table(REPORT, {"Q1": 25.0}))
    assert [row["random_guess_score"] for row in found] == [None, 25.0, None, None]


def test_the_test_is_one_row() -> None:
    (row,) = as_dicts(totals_table(REPORT))
    assert (row["students"], row["questions"], row["n"]) == (5, 4, 5)
    assert row["mean"] == REPORT["test"]["mean"]
    assert (row["cronbach_alpha_low"], row["cronbach_alpha_high"]) == REPORT["test"]["cronbach_alpha_interval"]


def test_every_column_is_explained() -> None:
    columns = (*items_table(REPORT).columns, *totals_table(REPORT).columns)
    assert all(column.meaning.endswith(".") for column in columns)
    assert "Low end of the interval of 95 % around facility." in [column.meaning for column in columns]
