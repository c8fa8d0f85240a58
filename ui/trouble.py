"""What a page shows when something failed that it did not foresee: said in words where the reason is known.

Streamlit calls `on_script_error` for every error of a page, a fragment or a click that nothing else caught.
"""

import logging

import streamlit as st
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from core.errors import LabError
from core.store.database import is_full, is_passing
from ui.problem import problem

_log = logging.getLogger(__name__)


def on_script_error(error: Exception) -> bool:
    """Draw what is known of an error; False leaves it to Streamlit's own box."""
    told = _known(error)
    if told:
        st.error(told, icon=":material/error:")
    return bool(told)


def told_of(error: Exception) -> str:
    """What a click says that could not keep something: it runs before the page is drawn, and draws nothing itself.

    Raises:
        Exception: the error itself, where nothing is known of it.
    """
    if told := _known(error):
        return told
    raise error


def _known(error: Exception) -> str:
    """What happened and what to do, in words; empty where nothing is known of the error."""
    if isinstance(error, LabError):
        return problem(error)
    if isinstance(error, DBAPIError) and is_passing(error):
        _log.error("The database did not take or give something: %s", error.orig)
        return database_trouble(is_full(error))
    if isinstance(error, NoConnection):
        _log.error("No connection to the database was free: %s", error)
        return database_trouble(is_full=False)
    return ""


def database_trouble(is_full: bool) -> str:
    """Why the database could not be used, and what that means for what was just sent."""
    why = "The disk of this server is full." if is_full else "The database does not answer at the moment."
    remedy = "Tell your teacher; then send it again." if is_full else "Wait a moment, then send it again."
    return (
        f"**{why}** What you just sent may not have been kept; everything that was confirmed before is safe. "
        f"{remedy} Nothing is counted twice."
    )
