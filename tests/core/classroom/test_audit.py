"""What was done is kept with its time, newest first, and names nobody."""

import logging
import time

import pytest

from core.classroom.audit import count_since, lines, note
from core.store.database import session


def test_a_line_keeps_what_was_done_and_when(database: str) -> None:
    with session() as opened:
        note(opened, "class_deleted", class_id="c1", answers=12)
    with session() as opened:
        (line,) = lines(opened)
    assert (line.event, line.details) == ("class_deleted", {"class_id": "c1", "answers": 12})
    assert line.at == pytest.approx(time.time(), abs=60)


def test_the_newest_lines_come_first(database: str) -> None:
    with session() as opened:
        for number in range(5):
            note(opened, f"event_{number}")
            opened.flush()
    with session() as opened:
        assert [line.event for line in lines(opened, newest=2)] == ["event_4", "event_3"]


def test_lines_are_counted_by_event_after_a_time(database: str) -> None:
    before = time.time() - 1
    with session() as opened:
        for event in ("one", "two", "one"):
            note(opened, event)
    with session() as opened:
        assert count_since(opened, "one", before) == 2
        assert count_since(opened, "one", time.time() + 1) == count_since(opened, "three", before) == 0


def test_a_line_of_a_transaction_that_failed_is_not_there(database: str) -> None:
    with pytest.raises(RuntimeError), session() as opened:
        note(opened, "class_deleted")
        raise RuntimeError
    with session() as opened:
        assert lines(opened) == []


def test_a_line_is_logged_too(sqlite: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), session() as opened:
        note(opened, "class_closed", class_id="c1")
    assert "class_closed {'class_id': 'c1'}" in caplog.text
