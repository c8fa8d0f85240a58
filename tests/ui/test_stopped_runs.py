"""A run that is stopped anywhere leaves a record that its page can draw, with every tab."""

from typing import Any

import pytest

from core.errors import RunCancelled
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import Outcome, execute
from tests.ui.result_page import drawn, opened

ASKED: dict[str, dict[str, Any]] = {
    "text_generation": {"source": "embedded", "device": "cpu", "max_new_tokens": 4, "repeats": 2},
    "image_to_image": {"source": "embedded", "device": "cpu", "num_inference_steps": 2, "strengths": [0.5, 1.0]},
}


class Stopping(SilentProgress):
    """Stops the run when it has looked up so many times."""

    def __init__(self, after: int) -> None:
        self.left = after

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise RunCancelled("You stopped this run.", "Start it again when you like.")


def stopped(lab: str, resident: Resident) -> list[Outcome]:
    """The run stopped at its first look, at its second, and so on, until it comes to its end."""
    outcomes: list[Outcome] = []
    while not outcomes or outcomes[-1].record["state"] == "cancelled":
        outcomes.append(execute(lab, ASKED[lab], Stopping(len(outcomes)), resident))
    assert outcomes[-1].record["state"] == "finished", outcomes[-1].record["error"]
    return outcomes


@pytest.mark.parametrize("lab", ASKED)
def test_wherever_it_is_stopped_its_page_can_be_drawn(lab: str, person: str) -> None:
    for number, outcome in enumerate(stopped(lab, Resident(0.5))):
        app = drawn(outcome, person)
        assert not app.exception, (number, outcome.record["stages"], app.exception)
        for tab in [tab.label for tab in app.tabs]:
            opened(app, tab)
