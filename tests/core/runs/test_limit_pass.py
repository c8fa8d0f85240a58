from typing import Any

import pytest
import torch
from torch import nn

from core.labs.text_to_image.settings import Settings
from core.measure.profile import Profiler
from core.measure.recorder import Recorder
from core.runs.limit_pass import DeviceRates, look_closer
from tests.core.measure.machines import LAPTOP


class Network(nn.Linear):
    """Counts how often it is called."""

    def __init__(self) -> None:
        super().__init__(64, 64)
        self.calls = 0

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return super().forward(values)


def looked_at(seconds_per_evaluation: float, dtype: str = "float32") -> tuple[dict[str, Any], Network]:
    recorder = Recorder("text_to_image", {}, device="cpu", machine=LAPTOP)
    recorder.record["repeats"] = [{"seconds_per_evaluation": seconds_per_evaluation}]
    network = Network()
    rates = DeviceRates(Settings(device="cpu", dtype=dtype), network)
    rates.flops_per_s, rates.read_bytes_per_s = [1e9], [1e9]

    def draw() -> None:
        network(torch.ones(2, 64))
        network(torch.ones(2, 64))

    look_closer(recorder, network, rates, draw)
    return recorder.record, network


def test_the_picture_ends_after_its_first_evaluation_and_the_hooks_are_gone() -> None:
    record, network = looked_at(1.0)
    # Once for real, once more to count it; the second evaluation of the picture never comes.
    assert network.calls == 2
    assert record["limit"]["flops"] == record["profile"]["flops"] == 2 * 2 * 64 * 64
    network(torch.ones(1, 64))


def test_an_evaluation_below_the_limit_is_flagged() -> None:
    assert any("Run it again" in note for note in looked_at(1e-9)[0]["notes"])
    assert looked_at(1.0)[0]["notes"] == []


def test_a_failure_within_leaves_no_hook_and_no_profiler() -> None:
    network = Network()
    recorder = Recorder("text_to_image", {}, device="cpu", machine=LAPTOP)
    recorder.record["repeats"] = [{"seconds_per_evaluation": 1.0}]
    with pytest.raises(RuntimeError, match="shapes"):
        look_closer(recorder, network, DeviceRates(Settings(), network), lambda: network(torch.ones(2, 3)))
    network(torch.ones(1, 64))  # raises Seen if the hook were still there
    profiler = Profiler("cpu")
    profiler.start()
    profiler.stop()
