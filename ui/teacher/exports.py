"""What a teacher can take along of a class, and of the bank, as files."""

from collections.abc import Callable
from typing import get_args

import streamlit as st

from core.classroom import class_files
from core.classroom.class_files import Choice, ClassFiles, Name
from core.classroom.exports import CANVAS_STEPS, MOODLE_STEPS
from core.classroom.exports.gradebook import Content
from core.config import config
from core.quiz.interchange import ExportLog, gift, moodle_xml
from core.store.database import session
from core.store.tables import Class
from ui.lesson import bank, bank_problems
from ui.plain import plain
from ui.teacher.exports_button import Make, file_button

TABLES: dict[Name, tuple[str, str]] = {
    "answers": (
        "Answers",
        "Every attempt: what was ticked, the key, the mark, and the measured value that it rests on.",
    ),
    "students": ("Students", "One row each: the mark on every question, and the total."),
    "items": ("Questions", "How hard each question was and how well it tells students apart, with intervals."),
    "test": ("Test", "Mean, spread, Cronbach's alpha and standard error of the whole."),
    "runs": ("Runs", "Every run of the class: settings, machine, times, memory, limit."),
}
RULES = {"First attempt": "first", "Last attempt": "last", "Best attempt": "best"}
CANVAS: dict[Content, str] = {"total": "Total", "questions": "Each question"}
TEST_ONLY = "Only the questions of the test"
TEST_ONLY_HELP = "Those that at least half of the students with an answer have answered, as on the page of statistics."


def figures(room: Class) -> bool:
    """Draw how much there is; False where nobody has answered or measured anything."""
    with session() as database:
        counts = class_files.counts_of(database, room.id)
    for place, (name, count) in zip(st.columns(3), counts.items(), strict=True):
        place.metric(name.title(), f"{count:,}", border=True)
    if counts["answers"] or counts["runs"]:
        return True
    st.info("Nobody has answered or measured anything yet, so there is nothing to take along.", icon=":material/inbox:")
    return False


def choice() -> Choice:
    """The attempt that counts, and which questions."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        rule = st.segmented_control(
            "Which attempt counts",
            list(RULES),
            default="First attempt",
            required=True,
            key="exports_attempt",
            label_visibility="collapsed",
        )
        is_test_only = st.toggle(TEST_ONLY, key="exports_test_only", help=TEST_ONLY_HELP)
    picked = RULES.get(str(rule), "first")
    return Choice("last" if picked == "last" else "best" if picked == "best" else "first", is_test_only)


def tables(room: Class, chosen: Choice) -> None:
    """The workbook, then every table by itself."""
    st.header("Tables", divider="gray", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        make = _made(room, chosen, lambda files: files.excel())
        file_button("All tables as a workbook", make, room.title, "class", "xlsx", is_primary=True)
        st.caption("For Excel and LibreOffice: a sheet each, and one that says what every column means.")
    for table, (title, told) in TABLES.items():
        about, as_csv, as_parquet = st.columns([6, 1.2, 1.4], vertical_alignment="center")
        about.markdown(f"**{title}**  \n{told}")
        with as_csv:
            file_button("CSV", _as_csv(room, chosen, table), room.title, table, "csv")
        with as_parquet:
            file_button("Parquet", _as_parquet(room, chosen, table), room.title, table, "parquet")
    st.caption("A text that a spreadsheet would take for a formula is given an apostrophe in front.")
    st.markdown(
        f"`python -m core stats answers.csv --attempt {chosen.attempt}` prints the figures of Questions and Test from "
        "the file alone."
    )


def _as_csv(room: Class, chosen: Choice, table: Name) -> Make:
    return _made(room, chosen, lambda files: files.csv(table))


def _as_parquet(room: Class, chosen: Choice, table: Name) -> Make:
    return _made(room, chosen, lambda files: files.parquet(table))


def _for_canvas(room: Class, chosen: Choice, content: Content) -> Make:
    return _made(room, chosen, lambda files: files.canvas(content))


def gradebooks(room: Class, chosen: Choice) -> None:
    """For Moodle and Canvas, each with what to do with its file."""
    st.header("Gradebooks", divider="gray", anchor=False)
    left, right = st.columns(2)
    with left.container(border=True):
        st.subheader("Moodle", anchor=False)
        file_button("Marks", _made(room, chosen, lambda files: files.moodle()), room.title, "moodle", "csv")
        _steps(MOODLE_STEPS)
    with right.container(border=True):
        st.subheader("Canvas", anchor=False)
        with st.container(horizontal=True):
            for content in get_args(Content):
                make = _for_canvas(room, chosen, content)
                file_button(CANVAS[content], make, room.title, f"canvas-{content}", "csv")
        _steps(CANVAS_STEPS)


def _steps(steps: tuple[str, ...]) -> None:
    with st.expander("What to do with the file", icon=":material/list:"):
        st.markdown("\n".join(f"{number}. {plain(step)}" for number, step in enumerate(steps, 1)))


def bank_files() -> None:
    """The bank for other systems, and what they cannot hold."""
    st.header("The question bank", divider="gray", anchor=False)
    bank_problems()
    held, folder = bank(), config().bank.parent
    left, right = st.columns(2)
    with left.container(border=True):
        st.subheader("Moodle XML", anchor=False)
        text, log = moodle_xml(held, folder)
        file_button("Bank", _text(text), held.bank.title, "moodle", "xml")
        _log(log)
    with right.container(border=True):
        st.subheader("GIFT", anchor=False)
        text, log = gift(held)
        file_button("Bank", _text(text), held.bank.title, "gift", "txt")
        _log(log)


def _text(text: str) -> Make:
    return lambda _: text.encode()


def _log(log: ExportLog) -> None:
    questions = f"{len(log.exported)} questions" + (f", {len(log.left_out)} left out" if log.left_out else "")
    if not log.lines:
        st.caption(f"{questions}; everything could be taken along.")
        return
    with st.expander(f"{questions}: what this format leaves out ({len(log.lines)})", icon=":material/rule:"):
        st.markdown("\n".join(f"- {plain(str(line))}" for line in log.lines))


def _made(room: Class, chosen: Choice, make: Callable[[ClassFiles], bytes]) -> Make:
    held = bank()
    return lambda database: make(ClassFiles(database, room, held, chosen))
