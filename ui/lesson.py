"""The bank and this student's progress, as the pages read them."""

import streamlit as st

from core.classroom.progress import Progress, progress
from core.quiz.bank import Bank
from core.quiz.loading import current_bank
from core.store.database import session


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
    """Where this student stands."""
    with session() as database:
        return progress(database, person, bank())
