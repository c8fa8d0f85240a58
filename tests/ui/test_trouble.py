"""What a page says of errors that nothing foresaw."""

import sqlite3

from sqlalchemy.exc import IntegrityError, OperationalError

from ui.trouble import database_trouble


def test_a_full_disk_is_told_from_a_database_that_does_not_answer() -> None:
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    locked = OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))
    assert "disk of this server is full" in database_trouble(full)
    assert "does not answer" in database_trouble(locked)


def test_what_is_no_trouble_of_the_database_is_left_to_streamlit() -> None:
    from ui.trouble import on_script_error

    assert not on_script_error(ZeroDivisionError())
    assert not on_script_error(IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE")))
