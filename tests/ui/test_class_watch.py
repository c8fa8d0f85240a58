"""How often the pages of a class look for a change."""

import pytest

from core.classroom.classes import Room
from ui.class_watch import watch_s


@pytest.mark.parametrize(("students", "seconds"), [(0, 2), (30, 2), (120, 2), (300, 5)])
def test_a_large_class_asks_less_often(students: int, seconds: float) -> None:
    assert watch_s(Room("c", "Physics", True, "open", {}, students)) == seconds


def test_somebody_who_joins_changes_nothing_that_pages_are_redrawn_for() -> None:
    assert Room("c", "Physics", True, "open", {}, 3) == Room("c", "Physics", True, "open", {}, 4)


def test_without_a_class_the_shortest_pause_stands() -> None:
    assert watch_s(None) == 2
