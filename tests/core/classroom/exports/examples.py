"""A small class to export, and a reader of workbooks that knows nothing of the writer."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from core.classroom.exports import About, AnswerRow
from core.quiz.marking import mark, reveal
from tests.core.quiz.examples import LESSON, NO_GPU, run_record
from tests.core.runs.test_records import record

ABOUT = About("Physik & KI", datetime(2026, 11, 25, 9, 30, tzinfo=UTC), "What a model costs", LESSON.sha, "first")
AT = 1_780_000_000.25
NASTY = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@x",
    "\t=1",
    "\r=1",
    "\n=1",
    "\x00=1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠x",
    "  =1",
    '"=1',
)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Value = str | float | bool


def answer(student: str, question: str, attempt: int, *submitted: str, **more: Any) -> AnswerRow:
    """A marked attempt on a question of the lesson; a measured one rests on a run of 16.6 s."""
    asked = LESSON.question(question)
    runs = [run_record(asked, [18.0, 16.6, 17.0])] if asked.key else []
    marking = mark(asked, submitted, runs=runs, machine=NO_GPU)
    return AnswerRow(student, question, attempt, marking, LESSON.sha, AT, **more)


def revealed(student: str, question: str, attempt: int) -> AnswerRow:
    """The answer, asked for."""
    marking = reveal(LESSON.question(question), runs=[], machine=NO_GPU)
    return AnswerRow(student, question, attempt, marking, LESSON.sha, AT)


def a_class() -> list[AnswerRow]:
    """Three students, Q1, Q2 and Q4; Ada tries Q2 twice, Bo asks for the answer of Q4."""
    return [
        answer("Ada", "Q1", 1, "cpu", "t4", shown_order=["a100", "cpu", "l4", "t4"]),
        answer("Ada", "Q2", 1, "ram_16"),
        answer("Ada", "Q2", 2, "vram_15", "disk_100"),
        answer("Ada", "Q4", 1, "s_20_to_40", predicted=["under_10_s"]),
        answer("Bo", "Q1", 1, "cpu", "t4", "a100", "l4", is_regraded=True),
        answer("Bo", "Q2", 1, "vram_15"),
        revealed("Bo", "Q4", 1),
        answer("Cem", "Q1", 1, "cpu", "t4", "a100"),
    ]


def a_run(**changes: Any) -> dict[str, Any]:
    """A run record of the text lab."""
    return record(**{"limit": None, "environment": {"machine": "a machine"}, **changes})


def read_workbook(data: bytes) -> dict[str, list[list[Value | None]]]:
    """Every sheet's rows, each cell as what the file says it is. A formula or a link fails."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = [sheet.attrib["name"] for sheet in _xml(parts, "xl/workbook.xml").iter(f"{MAIN}sheet")]
        texts = ["".join(text.itertext()) for text in _xml(parts, "xl/sharedStrings.xml")]
        sheets = [_xml(parts, f"xl/worksheets/sheet{index}.xml") for index in range(1, len(names) + 1)]
        assert not [part for part in parts.namelist() if "_rels/sheet" in part]
    for sheet in sheets:
        assert not list(sheet.iter(f"{MAIN}f")) and not list(sheet.iter(f"{MAIN}hyperlink"))
    return {
        name: [[_value(cell, texts) for cell in row] for row in sheet.iter(f"{MAIN}row")]
        for name, sheet in zip(names, sheets, strict=True)
    }


def _xml(parts: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(parts.read(name))


def _value(cell: ElementTree.Element, texts: list[str]) -> Value | None:
    value = cell.findtext(f"{MAIN}v")
    if value is None:
        return None
    kind = cell.attrib.get("t", "n")
    return texts[int(value)] if kind == "s" else value == "1" if kind == "b" else float(value)
