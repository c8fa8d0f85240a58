"""The bank and this student's progress, as the pages read them."""

import streamlit as st

from core.classroom.progress import Progress, progress
from core.quiz.bank import Bank
from core.quiz.loading import current_bank
from core.store.database import session

PROGRESS = "progress"


def bank() -> Bank:
    """The bank as it is now; the last good one while the file is broken."""
    return current_bank()[0]


def bank_problems() -> None:
    """Say on the page what is wrong with the bank's file, if anything; the lesson goes on with the last good one."""
    problems = current_bank()[1]
    if problems:
        st.warning(
            "The question bank has errors, so the last good one is used. `python -m core check-bank` lists them too."
        )
        st.code("\n".join(str(problem) for problem in problems), language=None)


def progress_of(person: str) -> Progress:
    """Where this student stands; read anew, and kept for what else is drawn of this page."""
    with session() as database:
        found = progress(database, person, bank())
    st.session_state[PROGRESS] = person, found
    return found


def progress_shown(person: str) -> Progress:
    """The same as it was when the page was drawn, unless an answer came since."""
    whose, found = st.session_state.get(PROGRESS, ("", None))
    return found if found is not None and whose == person else progress_of(person)


def forget_progress() -> None:
    """An answer was sent: read it anew at the next look."""
    st.session_state.pop(PROGRESS, None)
