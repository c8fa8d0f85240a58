import csv
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.classroom.exports import About, Column, Table, about_table, csv_bytes, excel_bytes, iso, parquet_bytes
from tests.core.classroom.exports.examples import ABOUT, NASTY, read_workbook

COLUMNS = (
    Column("who", "text", "A handle."),
    Column("points", "number", "Points."),
    Column("tries", "integer", "How often."),
    Column("done", "truth", "Whether."),
)
TABLE = Table("things", COLUMNS, (("Zoë 😀", 0.5, 3, True), ("=1+1", -3, None, False), (None, None, None, None)))


def rows_of_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_begins_with_a_byte_order_mark_and_leaves_undefined_cells_empty() -> None:
    assert csv_bytes(TABLE).startswith(b"\xef\xbb\xbfwho,points,tries,done\r\n")
    assert rows_of_csv(csv_bytes(TABLE))[1:] == [
        ["Zoë 😀", "0.5", "3", "true"],
        ["'=1+1", "-3", "", "false"],
        ["", "", "", ""],
    ]


def test_a_workbook_keeps_types_and_starts_with_what_it_is() -> None:
    sheets = read_workbook(excel_bytes([TABLE], ABOUT))
    assert list(sheets) == ["about", "things"]
    assert sheets["things"] == [
        ["who", "points", "tries", "done"],
        ["Zoë 😀", 0.5, 3.0, True],
        ["'=1+1", -3.0, False],
    ]
    told = {(row[0], row[1]): row[2] for row in sheets["about"][1:]}
    assert told["export", "class"] == "Physik & KI" and told["export", "bank_sha"] == ABOUT.bank_sha
    assert "first attempt" in str(told["export", "attempt"])
    assert told["things", "points"] == "Points."


def test_a_workbook_of_several_tables_explains_every_column_of_each() -> None:
    other = Table("others", COLUMNS[:1], ())
    sheets = read_workbook(excel_bytes([TABLE, other], ABOUT))
    assert list(sheets) == ["about", "things", "others"] and sheets["others"] == [["who"]]
    assert [row[:2] for row in sheets["about"] if row[0] == "others"] == [["others", "who"]]


def test_parquet_keeps_types_meanings_and_origin() -> None:
    read = pq.read_table(io.BytesIO(parquet_bytes(TABLE, ABOUT)))
    assert [str(field.type) for field in read.schema] == ["string", "double", "int64", "bool"]
    assert read.to_pylist()[:2] == [
        {"who": "Zoë 😀", "points": 0.5, "tries": 3, "done": True},
        {"who": "'=1+1", "points": -3.0, "tries": None, "done": False},
    ]
    assert read.schema.field("points").metadata == {b"meaning": b"Points."}
    assert read.schema.metadata[b"class"] == b"Physik & KI"


def test_parquet_of_no_rows_has_its_columns() -> None:
    read = pq.read_table(io.BytesIO(parquet_bytes(Table("none", COLUMNS, ()))))
    assert read.num_rows == 0 and read.column_names == ["who", "points", "tries", "done"]


@pytest.mark.parametrize("text", NASTY)
def test_no_kind_of_file_holds_a_formula(text: str) -> None:
    table = Table("things", (Column(text, "text", text),), ((text,),))
    about = About(text, ABOUT.exported_at, text, text, "first", (text,))
    found = [cell for row in rows_of_csv(csv_bytes(table)) for cell in row]
    found += pq.read_table(io.BytesIO(parquet_bytes(table))).column(0).to_pylist()
    sheets = read_workbook(excel_bytes([table], about))
    ours = ("class", "bank", "bank_sha", "note")
    told = [str(row[2]) for row in sheets["about"] if row[1] in ours or row[0] == "things"]
    found += [str(row[0]) for row in sheets["things"]] + told
    assert len(found) == 10 and all(cell.startswith("'") for cell in found)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])), max_size=5))
def test_every_file_gives_back_the_same_texts(texts: list[str]) -> None:
    """No text is lost or read as something else; only apostrophes are added."""
    table = Table("things", COLUMNS[:2], tuple((text, 1.0) for text in texts))
    in_csv = [row[0] for row in rows_of_csv(csv_bytes(table))[1:]]
    in_parquet = pq.read_table(io.BytesIO(parquet_bytes(table))).column(0).to_pylist()
    in_excel = [row[0] if len(row) == 2 else "" for row in read_workbook(excel_bytes([table], ABOUT))["things"][1:]]
    for found in (in_csv, in_parquet, in_excel):
        assert [text.replace("'", "") for text in found] == [text.replace("'", "") for text in texts]


def test_the_same_table_makes_the_same_bytes_whenever_it_is_written() -> None:
    def write() -> tuple[bytes, ...]:
        return csv_bytes(TABLE), excel_bytes([TABLE], ABOUT), parquet_bytes(TABLE, ABOUT)

    assert write() == write()
    with zipfile.ZipFile(io.BytesIO(excel_bytes([TABLE], ABOUT))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        told = set(re.findall(rb"\d{4}-\d\d-\d\dT[^<]+", parts.read("docProps/core.xml")))
        assert told == {b"2026-11-25T09:30:00Z"}


def test_a_text_longer_than_excel_takes_is_cut_and_not_lost() -> None:
    table = Table("things", COLUMNS[:1], (("x" * 40_000,),))
    assert len(str(read_workbook(excel_bytes([table], ABOUT))["things"][1][0])) == 32_767


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Physik & KI", "physik-ki_answers_2026-11-25"),
        ("Übung 3: Größe", "ubung-3-groe_answers_2026-11-25"),
        ("../../etc/passwd", "etc-passwd_answers_2026-11-25"),
        ("数学", "class_answers_2026-11-25"),
        ("", "class_answers_2026-11-25"),
    ],
)
def test_a_file_is_named_after_class_content_and_day(title: str, stem: str) -> None:
    about = About(title, datetime(2026, 11, 25, 1, tzinfo=timezone(timedelta(hours=1))), "", "", "first")
    assert about.stem("answers") == stem


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_file_name_is_safe_whatever_the_class_is_called(title: str) -> None:
    assert re.fullmatch(
        r"[a-z0-9-]{1,60}_runs_2026-11-25", About(title, ABOUT.exported_at, "", "", "last").stem("runs")
    )


def test_moments_are_in_utc() -> None:
    assert iso(1_780_000_000.25) == "2026-05-28T20:26:40.250Z"
    assert iso(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == "2026-01-01T00:00:00.000Z"
    assert iso(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


def test_notes_stand_among_what_the_export_is_of() -> None:
    about = About("a", ABOUT.exported_at, "b", "c", "best", ("Generated data.",))
    rows = about_table(about, []).rows
    assert ("export", "note", "Generated data.") in rows
    assert [row for row in rows if "best attempt" in str(row[2])]
