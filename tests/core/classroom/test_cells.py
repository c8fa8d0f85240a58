"""One student at one question, attempt by attempt."""

import pytest

from core.classroom.cells import OPEN, Cell, Outcome


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        (OPEN, "open"),
        (OPEN.predicted(), "predicted"),
        (OPEN.after(0.0), "wrong"),
        (OPEN.after(0.25), "partly"),
        (OPEN.after(1.0), "right"),
        (OPEN.after(1.0).after(0.5), "partly"),
        (OPEN.after(None), "shown"),
        (OPEN.after(0.0).after(None), "wrong"),
    ],
)
def test_the_last_attempt_decides_how_it_looks(cell: Cell, outcome: Outcome) -> None:
    assert cell.outcome == outcome


def test_first_and_last_score_and_the_attempts_are_kept() -> None:
    cell = OPEN.predicted().after(0.0).after(0.5).after(1.0)
    assert (cell.is_predicted, cell.first, cell.final, cell.attempts, cell.is_shown) == (True, 0.0, 1.0, 3, False)


def test_asking_for_the_answer_is_no_attempt() -> None:
    cell = OPEN.after(0.0).after(None)
    assert cell.attempts == 1 and cell.final == 0.0 and cell.is_shown


@pytest.mark.parametrize(
    ("cell", "is_finished"),
    [
        (OPEN.predicted(), False),
        (OPEN.after(0.0), False),
        (OPEN.after(0.0).after(0.5), True),
        (OPEN.after(1.0), True),
        (OPEN.after(None), True),
    ],
)
def test_it_is_finished_when_it_is_right_or_shown_or_without_attempts(cell: Cell, is_finished: bool) -> None:
    assert cell.is_finished(max_attempts=2) == is_finished
