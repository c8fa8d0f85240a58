"""A class as the pages of one process see it: read from the database once a second, not once for each student."""

from core.classroom.classes import Room, room_of
from core.classroom.kept import Kept
from core.store.database import session

FRESH_S = 1.0


def room_now(class_id: str) -> Room | None:
    """The class as `Kept` has it; None where it was deleted."""
    return _kept.now(class_id)


def forget_rooms() -> None:
    """Read every class anew at the next look: whoever changes one wants to see it at once."""
    _kept.forget()


def _read(class_id: str) -> Room | None:
    with session() as database:
        return room_of(database, class_id)


_kept = Kept(_read, FRESH_S)
