"""What the result of the guidance lab says of a run, and of one that could not find everything."""

from typing import Any

from core.store.tables import Run
from ui.labs.guidance import LOOK
from ui.runs import ShownRun

COST = {"both_s": 0.3, "one_s": 0.2, "ratios": [1.4, 1.6], "ratio": 1.5, "evaluations": 16}
LOST = {
    "reconstructions": [{"picture": "shipped", "mean_difference": 9.0}, {"picture": "drawn", "mean_difference": 4.5}]
}


def shown(**found: Any) -> ShownRun:
    return ShownRun(Run(id="r", record={"settings": {"guidance_scale": 7.5}, "outputs": {"guidance": found}}))


def test_the_sentence_tells_the_price_of_the_second_prediction() -> None:
    told = LOOK.sentence(shown(cost=COST))
    assert told == "Guidance asks the UNet for two predictions per step, which took 1.50 times as long as one."
    assert LOOK.sentence(shown()) == ""


def test_the_figures_are_those_of_the_record() -> None:
    both, one, adds, loses = LOOK.figures(shown(cost=COST, autoencoder=LOST))
    assert (both.value, one.value, adds.value, loses.value) == ("0.300 s", "0.200 s", "50%", "4.50 of 255")


def test_a_run_that_was_stopped_early_has_no_figures_and_no_tabs() -> None:
    run = shown(tokens={"limit": 77, "unread": ""})
    run.__dict__["pictures"] = []
    assert [figure.value for figure in LOOK.figures(run)] == [None] * 4
    assert LOOK.tabs(run) == {}


def test_random_weights_say_why_no_loss_is_told() -> None:
    loses = LOOK.figures(shown(autoencoder={"reconstructions": None, "reconstructions_reason": "random weights"}))[3]
    assert (loses.value, loses.missing) == (None, "random weights")
