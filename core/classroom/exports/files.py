"""Tables as files: CSV, one Excel workbook of several tables, Parquet.

    about = About("Physics 1", datetime.now(UTC), bank.bank.title, bank.sha, "first")
    table = answers_table(rows)
    csv_bytes(table)                                # for the file about.stem(table.name) + ".csv"
    excel_bytes([table, students], about)           # first sheet: what this is and what every column means

CSV is UTF-8 with a byte order mark, without which Excel reads names in another encoding. `python -m core stats` and
pandas (`encoding="utf-8-sig"`) read it. Every text is neutralised (`cells`), in Excel and Parquet too: each may end
as a CSV file that somebody opens. Equal tables make equal bytes, as long as the libraries are the same.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from core.cells import Cell, neutral

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]

Kind = Literal["text", "integer", "number", "truth"]
EXCEL_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
LONGEST_EXCEL_TEXT = 32_767
WIDEST_PIXELS = 420


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        kind: what its cells hold; an empty cell (None) is undefined or not there, never 0.
        meaning: a sentence for the reader of the file, with the unit.
    """

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True)
class Table:
    """Rows under named columns. `name` is a noun, at most 31 letters: the sheet's name and part of the file's."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class About:
    """What an export is of.

    Attributes:
        exported_at: with its time zone.
        attempt: which attempt the scores of students and questions are of: first, last or best.
        notes: further sentences, such as that the data were generated.
    """

    class_title: str
    exported_at: datetime
    bank_title: str
    bank_sha: str
    attempt: str
    notes: tuple[str, ...] = ()

    def stem(self, name: str) -> str:
        """The name of a file without its ending: class, what it holds, and the day in UTC.

        >>> About("Physik & KI", datetime(2026, 11, 25, tzinfo=UTC), "", "", "first").stem("answers")
        'physik-ki_answers_2026-11-25'
        """
        plain = unicodedata.normalize("NFKD", self.class_title).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
        return f"{slug or 'class'}_{name}_{self.exported_at.astimezone(UTC):%Y-%m-%d}"


def iso(moment: float | datetime) -> str:
    """A moment (seconds since 1970, or with its time zone) as ISO 8601 in UTC.

    >>> iso(0)
    '1970-01-01T00:00:00.000Z'
    """
    at = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def about_table(about: About, tables: Sequence[Table]) -> Table:
    """What the export is of, then the meaning of every column of `tables`."""
    facts = [
        ("class", about.class_title),
        ("exported_at", iso(about.exported_at)),
        ("bank", about.bank_title),
        ("bank_sha", about.bank_sha),
        ("attempt", f"Scores of students and questions are of the {about.attempt} attempt of each student."),
        ("empty cells", "Undefined, not answered or not measured; never 0."),
        ("apostrophes", "A text that a spreadsheet would take for a formula has one in front."),
        *(("note", note) for note in about.notes),
    ]
    columns = (
        Column("of", "text", "The table, or the export as a whole."),
        Column("name", "text", "The fact, or the table's column."),
        Column("meaning", "text", "What it is or means."),
    )
    meanings = [(table.name, column.name, column.meaning) for table in tables for column in table.columns]
    return Table("about", columns, (*(("export", *fact) for fact in facts), *meanings))


def csv_bytes(table: Table) -> bytes:
    """The table as CSV after RFC 4180, in UTF-8 with a byte order mark; truth is `true` or `false`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_names(table))
    writer.writerows([_in_csv(cell) for cell in row] for row in _cells(table))
    return out.getvalue().encode("utf-8-sig")


def excel_bytes(tables: Sequence[Table], about: About) -> bytes:
    """A workbook: first the sheet About, then a sheet per table. Nothing in it is a formula or a link."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    book = Workbook(out, EXCEL_OPTIONS)
    book.set_properties({"title": about.class_title, "created": about.exported_at.astimezone(UTC).replace(tzinfo=None)})
    for table in (about_table(about, tables), *tables):
        _write_sheet(book, table)
    book.close()
    return out.getvalue()


def parquet_bytes(table: Table, about: About | None = None) -> bytes:
    """The table as Parquet, with each column's type and meaning; what it is of stands in the schema's metadata."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    types = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "truth": pa.bool_()}
    fields = [
        pa.field(name, types[column.kind], metadata={"meaning": column.meaning})
        for name, column in zip(_names(table), table.columns, strict=True)
    ]
    facts = {} if about is None else {name: value for of, name, value in about_table(about, []).rows if of == "export"}
    cells = list(zip(*_cells(table), strict=True)) or [()] * len(fields)
    arrays = [pa.array(column, type=field.type) for column, field in zip(cells, fields, strict=True)]
    out = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=facts)), out)
    return bytes(out.getvalue().to_pybytes())


def _names(table: Table) -> list[str]:
    return [str(neutral(column.name)) for column in table.columns]


def _cells(table: Table) -> list[tuple[Cell, ...]]:
    return [tuple(neutral(cell) for cell in row) for row in table.rows]


def _in_csv(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else cell


def _write_sheet(book: "Workbook", table: Table) -> None:
    sheet = book.add_worksheet(table.name)
    sheet.write_row(0, 0, _names(table), book.add_format({"bold": True}))
    for index, row in enumerate(_cells(table), start=1):
        for column, cell in enumerate(row):
            _write_cell(sheet, index, column, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)
    sheet.autofit(WIDEST_PIXELS)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell) -> None:
    """By the cell's own type, so that the library guesses nothing."""
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell[:LONGEST_EXCEL_TEXT])
    elif cell is not None:
        sheet.write_number(row, column, cell)
