import time

import pytest
from torch import nn

from core.measure.clocks import Clock
from core.runs.phases import Phases


class Slow(nn.Module):
    def forward(self) -> None:
        time.sleep(0.02)


def test_phases_follow_the_networks_and_add_up_to_the_whole() -> None:
    clock, text, unet, decoder = Clock("cpu"), Slow(), Slow(), Slow()
    with Phases(clock, {"text": text, "decoder": decoder, "unet": unet}) as phases, clock.measure() as timing:
        text()
        unet()
        unet()
        decoder()
    stages = phases.stages(timing.start, timing.end)
    assert [stage["name"] for stage in stages] == ["text", "unet", "decoder"]
    assert phases.calls == {"text": 1, "unet": 2, "decoder": 1}
    assert sum(stage["wall_s"] for stage in stages) == pytest.approx(timing.wall_s, rel=0.05)
    assert stages[1]["wall_s"] >= 0.04


def test_what_is_done_aside_is_taken_out_of_its_phase() -> None:
    clock, unet, decoder = Clock("cpu"), Slow(), Slow()
    with Phases(clock, {"unet": unet, "decoder": decoder}) as phases, clock.measure() as timing:
        unet()
        with phases.aside():
            decoder()
            decoder()
        unet()
        decoder()
    stages = phases.stages(timing.start, timing.end)
    assert phases.calls == {"unet": 2, "decoder": 1}
    assert phases.aside_s >= 0.04
    assert sum(stage["wall_s"] for stage in stages) + phases.aside_s == pytest.approx(timing.wall_s, rel=0.05)
    assert stages[0]["wall_s"] == pytest.approx(0.04, abs=0.015)


def test_a_network_that_was_not_called_is_no_phase() -> None:
    clock, text, checker = Clock("cpu"), Slow(), Slow()
    with Phases(clock, {"text": text, "checker": checker}) as phases, clock.measure() as timing:
        text()
    assert [stage["name"] for stage in phases.stages(timing.start, timing.end)] == ["text"]


def test_the_hooks_are_gone_afterwards() -> None:
    network = Slow()
    with Phases(Clock("cpu"), {"text": network}) as phases:
        pass
    network()
    assert phases.calls == {"text": 0}
