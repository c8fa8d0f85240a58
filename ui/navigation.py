"""The list of pages, with what this student has answered so far."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from core.classroom.progress import State
from core.quiz.bank import Bank, Question, Section
from core.runs.lab import Lab
from core.runs.registry import LABS
from ui.identity import member, was_signed_in
from ui.labs import look_of
from ui.lesson import bank, progress_of
from ui.paths import PAGES
from ui.teacher.guard import is_teacher_account_here

ICONS = {
    "right": ":material/check_circle:",
    "answered": ":material/adjust:",
    "open": ":material/radio_button_unchecked:",
}
TAKEN = {"home", "runs", "pictures", "report", "your_data", "join", "my_class"}
PREFIXES = ("lab_", "teacher")
"""Addresses of other pages that a question's must not be."""
LABS_GROUP, TEACHER_GROUP = "Labs", "Teacher"
FOLDING = {"lab_": LABS_GROUP, "teacher": TEACHER_GROUP}
"""Groups beside the bank's sections that are unfolded on their own pages only, by how their addresses begin."""
TEACHER = [
    ("classes", "Classes", ":material/groups:", "teacher"),
    ("live", "Live", ":material/monitoring:", "teacher_live"),
    ("projector", "Projector", ":material/present_to_all:", "teacher_projector"),
    ("statistics", "Statistics", ":material/bar_chart:", "teacher_statistics"),
    ("measurements", "Measurements", ":material/scatter_plot:", "teacher_measurements"),
    ("students", "Students", ":material/badge:", "teacher_students"),
    ("marks", "Marks", ":material/grading:", "teacher_marks"),
    ("exports", "Exports", ":material/download:", "teacher_exports"),
    ("models", "Models", ":material/deployed_code:", "teacher_models"),
]
"""File, title, icon, address of every teacher page; the first one holds the sign-in."""

Draw = Callable[[str], None]


@dataclass(frozen=True)
class Drawing:
    """Draws the pages that have no file of their own.

    Attributes:
        question: a question by its id, because it was added to the bank.
        lab: a lab by its name.
    """

    question: Draw
    lab: Draw


def pages(person: str, drawing: Drawing, unfolded: str = "") -> dict[str, list[Page]]:
    """Every page by group of the sidebar; of sections, labs and teacher's pages only the group `unfolded` shows all.

    The other groups are one link each; their pages are hidden and keep their addresses.
    """
    states = tuple(each.state for each in progress_of(person).questions.values())
    is_teacher = was_signed_in() or is_teacher_account_here()
    found = _all(_This(bank()), states, member() is not None, is_teacher, drawing, unfolded)
    # Copies, because Streamlit notes on a page that this visitor may run it, and other visitors hold the same list.
    return {title: [copy(page) for page in pages] for title, pages in found.items()}


def group_of(page: Page) -> str:
    """The group of the sidebar that a page unfolds; empty for pages that belong to none."""
    now = bank()
    question = next((each for each in now.questions if _address(each.id) == page.url_path), None)
    if question is not None:
        return now.section_of(question).title
    return next((title for prefix, title in FOLDING.items() if page.url_path.startswith(prefix)), "")


def section_icon(now: Bank, section: Section) -> str:
    """The sign of a section that has questions: that of its first question's lab."""
    return look_of(now.questions_of(section)[0].lab.name).icon


@dataclass(frozen=True, eq=False)
class _This:
    """A bank that equals itself alone, so that looking for it compares no texts."""

    bank: Bank

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and other.bank is self.bank

    def __hash__(self) -> int:
        return id(self.bank)


@lru_cache(maxsize=1024)
def _all(
    now: _This, states: tuple[State, ...], is_member: bool, is_teacher: bool, drawing: Drawing, unfolded: str
) -> dict[str, list[Page]]:
    """The pages of everybody who has come as far; making them anew would be a large part of drawing any page."""
    home = _page("start/home.py", "Start", ":material/home:", "home", default=True)
    labs = [_lab(lab, number, drawing.lab, unfolded == LABS_GROUP) for number, lab in enumerate(LABS.values())]
    folding = _questions(now.bank, states, drawing.question, unfolded).items()
    # A bank may call a section Labs.
    opened = [page for title, pages in folding if title == unfolded for page in pages]
    opened += labs if unfolded == LABS_GROUP else []
    others = [page for title, pages in folding if title != unfolded for page in pages]
    others += labs if unfolded != LABS_GROUP else []
    yours = [
        _page("runs/my_runs.py", "My runs", ":material/history:", "runs"),
        _page("runs/my_pictures.py", "My pictures", ":material/photo_library:", "pictures"),
        _page("runs/report.py", "Report", ":material/summarize:", "report"),
        _page("runs/your_data.py", "Your data", ":material/shield_person:", "your_data"),
    ]
    groups: dict[str, list[Page]] = {"": [home]}
    teacher = _teacher_pages(is_teacher, unfolded == TEACHER_GROUP)
    named = [(unfolded, opened), ("Sections", others), ("Yours", yours), ("Class", _class_pages(is_member))]
    for title, pages in [*named, (TEACHER_GROUP, teacher)]:
        groups[title] = groups.get(title, []) + pages
    return groups


def _lab(lab: Lab, number: int, draw: Draw, unfolded: bool) -> Page:
    """The page of a lab; folded, the first one stands for all."""
    address = f"lab_{lab.name}"
    return st.Page(
        _drawn(draw, lab.name, address),
        title=lab.title if unfolded else LABS_GROUP,
        icon=look_of(lab.name).icon if unfolded else ":material/science:",
        url_path=address,
        visibility="visible" if unfolded or number == 0 else "hidden",
    )


def _drawn(draw: Draw, name: str, address: str) -> Callable[[], None]:
    """A page that no file draws."""

    def page() -> None:
        draw(name)

    page.__name__ = address
    return page


def _class_pages(is_member: bool) -> list[Page]:
    """Joining, or the class that somebody is in."""
    join = _page("class/join.py", "Join a class", ":material/group_add:", "join", hidden=is_member)
    mine = _page("class/my_class.py", "My class", ":material/group:", "my_class", hidden=not is_member)
    return [join, mine]


def _teacher_pages(here: bool, unfolded: bool) -> list[Page]:
    """For students there is the sign-in alone; the others say so when their address is opened."""
    hidden = not (here and unfolded)
    return [
        _page(f"teacher/{file}.py", title if here else "For teachers", icon, address, hidden=hidden and number > 0)
        for number, (file, title, icon, address) in enumerate(TEACHER)
    ]


@lru_cache(maxsize=1024)
def question_link(question_id: str) -> Page:
    """The page of a question, as `st.page_link` and `st.switch_page` take it: they read its address alone."""
    return st.Page(_question_source(question_id, draw=lambda name: None), url_path=_address(question_id))


def lab_link(name: str) -> Page:
    """The page of a lab, in the same way."""
    address = f"lab_{name}"
    return st.Page(_drawn(lambda name: None, name, address), url_path=address)


def _questions(now: Bank, states: tuple[State, ...], draw: Draw, unfolded: str) -> dict[str, list[Page]]:
    """The questions by the title of their section; sections without a question are left out."""
    known = {question.id: state for question, state in zip(now.questions, states, strict=True)}
    found: dict[str, list[Page]] = {}
    for section in now.sections:
        questions = now.questions_of(section)
        if questions and section.title == unfolded:
            found[section.title] = [_question(each, known[each.id], draw) for each in questions]
        elif questions:
            found[section.title] = _folded(now, section, known, draw)
    return found


def _question(question: Question, state: State, draw: Draw) -> Page:
    source, address = _question_source(question.id, draw), _address(question.id)
    return st.Page(source, title=f"{question.id} · {question.title}", icon=ICONS[state], url_path=address)


def _folded(now: Bank, section: Section, states: dict[str, State], draw: Draw) -> list[Page]:
    """The pages of a section of which one, of its first open question, stands for all."""
    questions = now.questions_of(section)
    first = next((each for each in questions if states[each.id] == "open"), questions[0])
    return [
        st.Page(
            _question_source(each.id, draw),
            title=section.title,
            icon=section_icon(now, section),
            url_path=_address(each.id),
            visibility="visible" if each is first else "hidden",
        )
        for each in questions
    ]


def is_question(page: Page) -> bool:
    """Whether it is the page of a question of the bank."""
    return any(page.url_path == _address(question.id) for question in bank().questions)


def _address(question_id: str) -> str:
    """`q4` for Q4; an id that is another page's address gets a prefix."""
    name = question_id.lower()
    return f"question_{name}" if name in TAKEN or name.startswith(PREFIXES) else name


def _question_source(question_id: str, draw: Draw) -> Path | Callable[[], None]:
    """The question's page file, or the same page without a file for a question that was added to the bank."""
    found = _question_file(question_id.removeprefix("Q"))
    return _drawn(draw, question_id, f"question_{question_id}") if found is None else found


@cache
def _question_file(number: str) -> Path | None:
    return next(iter(sorted((PAGES / "lesson").glob(f"q{number:0>2}_*.py"))), None) if number.isdigit() else None


def _page(path: str, title: str, icon: str, url_path: str, default: bool = False, hidden: bool = False) -> Page:
    return st.Page(
        PAGES / path,
        title=title,
        icon=icon,
        url_path=None if default else url_path,
        default=default,
        visibility="hidden" if hidden else "visible",
    )
