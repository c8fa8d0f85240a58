"""The list of pages, with what this student has answered so far."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from core.classroom.progress import State
from core.quiz.bank import Bank
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
TAKEN = {"home", "runs", "report", "your_data", "join", "my_class"}
PREFIXES = ("lab_", "teacher")
"""Addresses of other pages that a question's must not be."""
TEACHER = [
    ("classes", "Classes", ":material/groups:", "teacher"),
    ("live", "Live", ":material/monitoring:", "teacher_live"),
    ("projector", "Projector", ":material/present_to_all:", "teacher_projector"),
    ("statistics", "Statistics", ":material/bar_chart:", "teacher_statistics"),
    ("measurements", "Measurements", ":material/scatter_plot:", "teacher_measurements"),
    ("students", "Students", ":material/badge:", "teacher_students"),
    ("marks", "Marks", ":material/grading:", "teacher_marks"),
    ("exports", "Exports", ":material/download:", "teacher_exports"),
]
"""File, title, icon, address of every teacher page; the first one holds the sign-in."""


Draw = Callable[[str], None]
"""Draws the page of a question by its id, or that of a lab by its name."""


def pages(person: str, question_page: Draw, lab_page: Draw) -> dict[str, list[Page]]:
    """Every page by section of the sidebar.

    Args:
        question_page: draws a question that has no page file, because it was added to the bank.
        lab_page: draws a lab.
    """
    states = tuple(each.state for each in progress_of(person).questions.values())
    is_teacher = was_signed_in() or is_teacher_account_here()
    found = _all(_This(bank()), states, member() is not None, is_teacher, question_page, lab_page)
    # Copies, because Streamlit notes on a page that this visitor may run it, and other visitors hold the same list.
    return {title: [copy(page) for page in pages] for title, pages in found.items()}


@dataclass(frozen=True, eq=False)
class _This:
    """A bank that equals itself alone, so that looking for it compares no texts."""

    bank: Bank

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and other.bank is self.bank

    def __hash__(self) -> int:
        return id(self.bank)


@lru_cache(maxsize=256)
def _all(
    now: _This, states: tuple[State, ...], is_member: bool, is_teacher: bool, question_page: Draw, lab_page: Draw
) -> dict[str, list[Page]]:
    """The pages of everybody who has come as far; making them anew would be a large part of drawing any page."""
    home = _page("start/home.py", "Start", ":material/home:", "home", default=True)
    groups = {"": [home], **_questions(now.bank, states, question_page)}
    labs = [_lab(lab, lab_page) for lab in LABS.values()]
    yours = [
        _page("runs/my_runs.py", "My runs", ":material/history:", "runs"),
        _page("runs/report.py", "Report", ":material/summarize:", "report"),
        _page("runs/your_data.py", "Your data", ":material/shield_person:", "your_data"),
    ]
    own = {"Labs": labs, "Yours": yours, "Class": _class_pages(is_member), "Teacher": _teacher_pages(is_teacher)}
    # A bank may call a section Labs.
    return groups | {title: groups.get(title, []) + pages for title, pages in own.items()}


def _lab(lab: Lab, draw: Draw) -> Page:
    address = f"lab_{lab.name}"
    return st.Page(_drawn(draw, lab.name, address), title=lab.title, icon=look_of(lab.name).icon, url_path=address)


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


def _teacher_pages(here: bool) -> list[Page]:
    """For students there is the sign-in alone; the others say so when their address is opened."""
    return [
        _page(f"teacher/{file}.py", title if here else "For teachers", icon, address, hidden=not here and number > 0)
        for number, (file, title, icon, address) in enumerate(TEACHER)
    ]


def question_link(question_id: str) -> Page:
    """The page of a question, as `st.page_link` and `st.switch_page` take it: they read its address alone."""
    return st.Page(_question_source(question_id, draw=lambda name: None), url_path=_address(question_id))


def _questions(now: Bank, states: tuple[State, ...], draw: Draw) -> dict[str, list[Page]]:
    """The questions by the title of their section; sections without a question are left out."""
    signs = {question.id: ICONS[state] for question, state in zip(now.questions, states, strict=True)}
    found = {
        section.title: [
            st.Page(
                _question_source(question.id, draw),
                title=f"{question.id} · {question.title}",
                icon=signs[question.id],
                url_path=_address(question.id),
            )
            for question in now.questions_of(section)
        ]
        for section in now.sections
    }
    return {title: pages for title, pages in found.items() if pages}


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
