"""What a page says of errors that nothing foresaw."""

import sqlite3

from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError

from ui.trouble import told_of


def test_a_full_disk_is_told_from_a_database_that_does_not_answer() -> None:
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    locked = OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))
    assert "disk of this server is full" in told_of(full)
    assert "does not answer" in told_of(locked)


def test_a_pool_without_a_free_connection_is_trouble_of_the_database() -> None:
    assert "does not answer" in told_of(TimeoutError("QueuePool limit of size 5 overflow 10 reached"))


def test_what_is_no_trouble_of_the_database_is_left_to_streamlit() -> None:
    from ui.trouble import on_script_error

    assert not on_script_error(ZeroDivisionError())
    assert not on_script_error(IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE")))
