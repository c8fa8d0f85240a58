"""A button that makes its file when it is clicked, not when the page is drawn.

The file is made outside of the page's own run, where nobody can be asked who looks. So the button keeps which browser
it was drawn for, and asks the database again whether a teacher is signed in there.
"""

from collections.abc import Callable

import streamlit as st
from sqlalchemy.orm import Session

from core.classroom import teachers
from core.classroom.audit import note
from core.classroom.class_files import file_name
from core.store.database import session
from ui.identity import cookie
from ui.teacher.guard import account_email

MIME = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "xml": "application/xml",
    "txt": "text/plain",
}
Make = Callable[[Session], bytes]


def file_button(label: str, make: Make, title: str, of: str, ending: str, *, is_primary: bool = False) -> None:
    """Draw the button.

    Args:
        make: makes the file, in a session of its own.
        title: of the class or the bank; with `of`, what the file holds, and the day it is the file's name.
        ending: decides the type.
    """
    st.download_button(
        label,
        for_teachers(make, f"{of}.{ending}"),
        file_name=file_name(title, of, ending),
        mime=MIME[ending],
        key=f"exports_{of}_{ending}",
        type="primary" if is_primary else "secondary",
        icon=":material/download:",
        on_click="ignore",
    )


def for_teachers(make: Make, file: str) -> Callable[[], bytes]:
    """`make` as the button calls it: refused once nobody is signed in any more, else with a line in the audit."""
    browser, is_account = cookie(), teachers.is_teacher_account(*account_email())

    def made() -> bytes:
        with session() as database:
            if not is_account and not teachers.is_teacher(database, browser):
                raise teachers.SignInRefused("Nobody is signed in as a teacher any more.", "Sign in again.")
            note(database, "file_taken_along", file=file)
        # In a transaction of its own, which writes nothing and so keeps nobody waiting.
        with session() as database:
            return make(database)

    return made
