"""A class is read once a second for all pages together, and at once after whoever changes it says so."""

from collections.abc import Callable, Iterator

import pytest

from core.classroom import kept, rooms
from core.classroom.classes import Room, room_of, set_question
from core.classroom.rooms import FRESH_S, forget_rooms, room_now
from core.config import config
from core.store.database import session
from tests.core.classroom.school import at_once, opened_class


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    forget_rooms()
    yield
    forget_rooms()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass for what is held."""
    now = [1000.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def closed(class_id: str) -> None:
    with session() as opened:
        set_question(opened, class_id, "Q1", "closed")


def state(class_id: str) -> str:
    room = room_now(class_id)
    assert room is not None
    return room.state("Q1")


def test_a_change_is_seen_after_a_second(database: str, clock: Callable[[float], None]) -> None:
    room = opened_class()
    assert state(room.id) == "open"
    closed(room.id)
    clock(FRESH_S / 2)
    assert state(room.id) == "open"
    clock(FRESH_S)
    assert state(room.id) == "closed"


def test_whoever_changes_it_sees_it_at_once(database: str, clock: Callable[[float], None]) -> None:
    room = opened_class()
    assert state(room.id) == "open"
    closed(room.id)
    forget_rooms()
    assert state(room.id) == "closed"


def test_a_class_that_is_not_there_is_none(sqlite: str) -> None:
    assert room_now("gone") is None and room_now("gone") is None


def test_many_pages_read_it_once(sqlite: str, clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch) -> None:
    room, read = opened_class(), []

    def reading(*arguments: object) -> Room | None:
        read.append(arguments)
        return room_of(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rooms, "room_of", reading)
    assert len({each.class_id for each in at_once(*(lambda: room_now(room.id) for _ in range(12)))}) == 1
    assert len(read) == 1


def test_what_another_database_held_is_not_taken(
    sqlite: str, clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = opened_class()
    assert room_now(room.id) is not None
    from core.store.database import migrate

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{config().data_dir / 'other.sqlite'}")
    config.cache_clear()
    migrate()
    assert room_now(room.id) is None


def test_a_failed_read_is_not_held(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room = opened_class()

    def failing(*_: object) -> None:
        raise RuntimeError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(rooms, "room_of", failing)
        with pytest.raises(RuntimeError):
            room_now(room.id)
    assert room_now(room.id) is not None
