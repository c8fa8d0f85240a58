"""The files of a class: of its own answers, with the figures that the statistics and the command line give."""

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.classroom.answers import reveal
from core.classroom.class_data import answers_of_class
from core.classroom.class_files import NAMES, Choice, ClassFiles, counts_of, file_name
from core.classroom.class_statistics import class_statistics, read_work
from core.classroom.exports import About, about_table
from core.classroom.predictions import predict
from core.classroom.regrading import regrade
from core.classroom.statistics import ATTEMPTS, Answer, Attempt, marks_of, report
from core.cli import main
from core.store.database import session
from core.store.tables import Class, Run
from tests.core.classroom.school import answered, joined, opened_class
from tests.core.quiz.examples import NO_GPU, mini, run_record

BANK = mini()
FIRST = Choice()
FIXED, MEASURED = BANK.question("Q1"), BANK.question("Q2")
TICKS = [["one", "two"], ["one"], ["three"], ["one", "two", "three"], ["two"], ["four"]]
"""First ticks of the students at Q1; those who are not right try again with the right ones."""


def measure(person: str, name: str, tick: str, seconds: float) -> None:
    """Predict, measure, answer Q2."""
    record = run_record(MEASURED, [seconds, seconds + 1, seconds + 2]) | {"id": name, "environment": {"machine": "m"}}
    fields = {"lab": MEASURED.lab.name, "question_id": "Q2", "state": "finished", "record": record}
    with session() as opened:
        predict(opened, person, MEASURED, ["long"])
        opened.add(Run(id=name, job_id=name, person_id=person, created_at=time.time(), **fields))
    answered(person, MEASURED, [tick], BANK)


@pytest.fixture
def room(database: str) -> Iterator[Class]:
    """Six students answer Q1, four of them measure Q2, one asks for an answer, one only joins."""
    room = opened_class("Physik & KI")
    for number, ticks in enumerate(TICKS):
        person = joined(room, f"student {number}").person_id
        answered(person, FIXED, ticks, BANK)
        if ticks != ["one", "two"]:
            answered(person, FIXED, ["one", "two"], BANK)
        if number < 4:
            measure(person, f"run {number}", "short" if number % 2 else "middle", 12.0)
        if number == 5:
            with session() as opened:
                reveal(opened, person, MEASURED, bank=BANK, machine=NO_GPU)
    joined(room, "nobody yet")
    other = joined(opened_class("Other"), "student 0").person_id
    answered(other, FIXED, ["four"], BANK)
    yield room


def made(room: Class, choice: Choice = FIRST, what: str = "csv", *of: Any) -> Any:
    with session() as opened:
        return getattr(ClassFiles(opened, room, BANK, choice), what)(*of)


def lines(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def of_class(room: Class, attempt: Attempt) -> dict[str, Any]:
    """The figures of the class, from the database and not from a file."""
    with session() as opened:
        found = [each for each in answers_of_class(opened, room.id) if not each.is_reveal]
    marks = marks_of((Answer(x.handle, x.question_id, x.attempt, x.score, 1.0) for x in found), attempt)
    return report(marks, attempt)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_command_line_gives_the_figures_of_the_class_from_the_file_alone(
    room: Class, attempt: Attempt, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.csv"
    file.write_bytes(made(room, Choice(attempt), "csv", "answers"))
    assert main(["stats", str(file), "--attempt", attempt, "--json"]) == 0
    found, wanted = json.loads(capsys.readouterr().out), of_class(room, attempt)
    assert found["students"] == 6 and found["questions"] == 2
    for part in (found, wanted):
        part["items"] = {item["question"]: item for item in part["items"]}
    for question, item in wanted["items"].items():
        assert found["items"][question] == _close(item)
    assert found["test"] == _close(wanted["test"])


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_tables_of_figures_are_those_of_the_answers(room: Class, attempt: Attempt) -> None:
    wanted = of_class(room, attempt)
    items = lines(made(room, Choice(attempt), "csv", "items"))
    assert [item["question"] for item in items] == ["Q1", "Q2"] and {item["attempt"] for item in items} == {attempt}
    for item, found in zip(items, sorted(wanted["items"], key=lambda each: each["question"]), strict=True):
        assert float(item["facility"]) == pytest.approx(found["facility"])
        assert int(item["n"]) == found["n"]
    (test,) = lines(made(room, Choice(attempt), "csv", "test"))
    assert float(test["mean"]) == pytest.approx(wanted["test"]["mean"])


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_questions_of_the_test_are_those_of_the_page_of_statistics(room: Class, attempt: Attempt) -> None:
    extra = joined(room, "student 6").person_id
    for number in range(3):
        answered(joined(room, f"more {number}").person_id, FIXED, ["one"], BANK)
    answered(extra, FIXED, ["one"], BANK)
    with session() as opened:
        page = class_statistics(read_work(opened, room.id, BANK), BANK, attempt)
    assert page is not None and page.tested == ("Q1",)
    chosen = Choice(attempt, is_test_only=True)
    assert {row["question"] for row in lines(made(room, chosen, "csv", "answers"))} == {"Q1"}
    (item,) = lines(made(room, chosen, "csv", "items"))
    assert float(item["facility"]) == pytest.approx(page.rows[0].item.facility)
    assert {row["question"] for row in lines(made(room, Choice(attempt), "csv", "answers"))} == {"Q1", "Q2"}
    assert "Q2" not in lines(made(room, chosen, "csv", "students"))[0]


def test_answers_stand_by_question_student_and_attempt_with_what_they_rest_on(room: Class) -> None:
    rows = lines(made(room, Choice(), "csv", "answers"))
    assert [row["question"] for row in rows] == ["Q1"] * 11 + ["Q2"] * 4
    assert [(row["student"], row["attempt"]) for row in rows[:3]] == [
        ("student 0", "1"),
        ("student 1", "1"),
        ("student 1", "2"),
    ]
    last = rows[-1]
    assert (last["student"], last["score"], last["predicted"], last["run_id"]) == ("student 3", "0.0", "long", "run 3")
    assert (last["evidence_value"], last["shown_order"]) == ("12.0", "short middle long")


def test_students_are_all_there_also_who_has_answered_nothing(room: Class) -> None:
    rows = {row["student"]: row for row in lines(made(room, Choice("last"), "csv", "students"))}
    assert len(rows) == 7 and rows["nobody yet"] == {
        "student": "nobody yet", "Q1": "", "Q2": "", "answered": "0", "total": "", "max_total": "2.0",
    }  # fmt: skip
    assert (rows["student 0"]["total"], rows["student 5"]["Q1"], rows["student 5"]["Q2"]) == ("2.0", "1.0", "")


def test_runs_are_those_of_the_class(room: Class) -> None:
    rows = lines(made(room, Choice(), "csv", "runs"))
    assert [(row["student"], row["question"], row["fastest_s"]) for row in rows] == [
        (f"student {number}", "Q2", "12.0") for number in (3, 2, 1, 0)
    ]


def test_every_table_is_there_as_parquet_and_in_the_workbook(room: Class) -> None:
    import pyarrow.parquet as pq

    from tests.core.classroom.exports.examples import read_workbook

    sheets = read_workbook(made(room, Choice("best"), "excel"))
    assert list(sheets) == ["about", *NAMES]
    for name in NAMES:
        table = pq.read_table(io.BytesIO(made(room, Choice("best"), "parquet", name)))
        assert table.num_rows == len(sheets[name]) - 1 == len(lines(made(room, Choice("best"), "csv", name)))
        assert table.column_names == sheets[name][0]
    told = " ".join(str(cell) for row in sheets["about"] for cell in row)
    assert "Physik & KI" in told and BANK.sha in told and "best attempt" in told and "demo" not in told


def test_demo_data_say_so(room: Class) -> None:
    with session() as opened:
        opened.execute(update(Class).where(Class.id == room.id).values(is_demo=True))
    with session() as opened:
        demo = opened.get_one(Class, room.id)
    from tests.core.classroom.exports.examples import read_workbook

    told = " ".join(str(cell) for row in read_workbook(made(demo, Choice(), "excel"))["about"] for cell in row)
    assert "This is demo data" in told


@pytest.mark.parametrize(("what", "of"), [("moodle", ()), ("canvas", ("total",)), ("canvas", ("questions",))])
def test_gradebooks_hold_every_student_once(room: Class, what: str, of: tuple[str, ...]) -> None:
    text = made(room, Choice("last"), what, *of).decode("utf-8-sig")
    assert all(text.count(f"\nstudent {number},") == 1 for number in range(6)) and "\nnobody yet," in text
    assert "of 2" in text or what == "canvas"


def test_a_regraded_answer_is_taken_along_as_it_is_marked_now(room: Class) -> None:
    bank = mini(("text: Third, correct: false", "text: Third, correct: true"))
    with session() as opened:
        regrade(opened, room.id, bank.question("Q1"), bank, seen=bank.question("Q1").hash)
    first = lines(made(room, Choice(), "csv", "answers"))[0]
    assert (first["student"], first["is_regraded"], first["bank_sha"]) == ("student 0", "true", bank.sha)
    assert float(first["score"]) == pytest.approx(2 / 3) and first["key"] == "one two three"


def test_questions_that_the_bank_no_longer_holds_come_last(room: Class) -> None:
    without = BANK.model_copy(update={"questions": BANK.questions[1:]})
    with session() as opened:
        rows = lines(ClassFiles(opened, room, without, Choice()).csv("answers"))
    assert [row["question"] for row in rows] == ["Q2"] * 4 + ["Q1"] * 11


def test_an_empty_class_makes_files_without_rows(database: str) -> None:
    room = opened_class()
    for name in NAMES:
        rows = lines(made(room, Choice(), "csv", name))
        assert len(rows) == (1 if name == "test" else 0)
    assert made(room, Choice(is_test_only=True), "excel") and made(room, Choice(), "moodle")
    with session() as opened:
        assert counts_of(opened, room.id) == {"students": 0, "answers": 0, "runs": 0}


def test_what_there_is_is_counted(room: Class) -> None:
    with session() as opened:
        assert counts_of(opened, room.id) == {"students": 7, "answers": 15, "runs": 4}


@pytest.mark.parametrize(
    ("title", "begins"),
    [
        ("Physik & KI", "physik-ki_answers_20"),
        ("../../etc/passwd", "etc-passwd_answers_20"),
        ("=1+1", "1-1_"),
        ("🙂", "class_"),
    ],
)
def test_a_file_is_named_after_the_class_and_the_day(title: str, begins: str) -> None:
    assert file_name(title, "answers", "csv").startswith(begins) and file_name(title, "answers", "csv").endswith(".csv")


def test_the_about_sheet_names_the_questions_it_is_of(room: Class) -> None:
    with session() as opened:
        about: About = ClassFiles(opened, room, BANK, Choice("last", is_test_only=True))._about
    assert any("at least half" in str(row) for row in about_table(about, []).rows)


def _close(wanted: dict[str, Any]) -> Any:
    """Equal but for the last digits of numbers."""
    return {name: _number(value) for name, value in wanted.items()}


def _number(value: Any) -> Any:
    if isinstance(value, float):
        return pytest.approx(value)
    return [_number(each) for each in value] if isinstance(value, list | tuple) else value
