"""What a member's page does beside its work: note that they are there, and redraw when the teacher changes something.

One small fragment asks every two seconds, in a large class less often; the answer is read from the database once a
second for all pages together.
"""

import time

import streamlit as st

from core.classroom import people
from core.classroom.classes import QuestionState, Room
from core.classroom.rooms import room_now
from core.store.database import session_by_statement
from ui.identity import Member, member, person_id

WATCH_S = 2.0
STUDENTS_A_SECOND = 60
"""So many pages ask at most: in a class of 300 each sees a change within five seconds."""


def question_state(question_id: str) -> QuestionState:
    """Whether the class takes answers to a question now; alone it does."""
    room = _room(member())
    return room.state(question_id) if room else "open"


def class_watch(question_id: str | None) -> None:
    """Redraw this page within `watch_s` of a change that concerns it. Alone nothing watches."""
    mine = member()
    if mine is None:
        return
    drawn = _room(mine)

    @st.fragment(run_every=watch_s(drawn), key="class_watch")
    def watch() -> None:
        if _is_gone(question_id) or _differs(drawn, _room(mine), question_id):
            st.rerun()

    watch()


def watch_s(room: Room | None) -> float:
    """How often a page of this class asks, in seconds."""
    return max(WATCH_S, room.students / STUDENTS_A_SECOND) if room else WATCH_S


def _room(mine: Member | None) -> Room | None:
    return room_now(mine.class_id) if mine else None


def _differs(drawn: Room | None, now: Room | None, question_id: str | None) -> bool:
    if drawn is None or now is None:
        return drawn is not now
    if question_id is None:
        return drawn != now
    return drawn.state(question_id) != now.state(question_id)


def _is_gone(question_id: str | None) -> bool:
    """Note the presence of this student; True where they were deleted."""
    if time.monotonic() - st.session_state.get("seen_at", 0.0) < people.SEEN_EVERY_S:
        return False
    st.session_state["seen_at"] = time.monotonic()
    with session_by_statement() as database:
        return not people.seen(database, person_id(), question_id)
