"""What many ask for is read once, and nobody waits for whoever reads it anew."""

import threading
from collections.abc import Callable

import pytest

from core.classroom import kept
from core.classroom.kept import Kept
from tests.core.classroom.school import at_once


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass."""
    now = [1000.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def test_it_is_read_again_when_it_is_old_or_was_forgotten(later: Callable[[float], None]) -> None:
    read: list[str] = []
    room = Kept(lambda name: read.append(name) or len(read), fresh_s=1.0)
    assert [room.now("a"), room.now("a"), room.now("b")] == [1, 1, 2]
    later(1.5)
    assert room.now("a") == 3
    room.forget()
    assert room.now("a") == 4


def test_the_first_look_waits_and_a_later_one_takes_what_was_there(later: Callable[[float], None]) -> None:
    reading, go_on = threading.Event(), threading.Event()
    answers = iter(["old", "new"])

    def read(name: str) -> str:
        answer = next(answers)
        if answer == "new":
            reading.set()
            assert go_on.wait(timeout=30)
        return answer

    room = Kept(read, fresh_s=1.0)
    assert at_once(*[lambda: room.now("a")] * 5) == ["old"] * 5
    later(2)

    def meanwhile() -> str:
        assert reading.wait(timeout=30)
        found = room.now("a")
        go_on.set()
        return found

    assert at_once(lambda: room.now("a"), meanwhile) == ["new", "old"]
    assert room.now("a") == "new"


def test_what_is_old_is_not_taken_while_another_reads(later: Callable[[float], None]) -> None:
    reading = threading.Event()
    answers = iter(["old", "new"])

    def read(name: str) -> str:
        answer = next(answers)
        if answer == "new":
            reading.set()
            threading.Event().wait(0.2)  # the other asks meanwhile
        return answer

    room = Kept(read, fresh_s=1.0)
    assert room.now("a") == "old"
    later(60)

    def meanwhile() -> str:
        assert reading.wait(timeout=30)
        return room.now("a")

    assert at_once(lambda: room.now("a"), meanwhile) == ["new", "new"]
