"""Apple's GPUs: a stand-in for `torch.mps` on a machine that claims to be a Mac. Nobody has tried a real one."""

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from core.config import config
from core.jobs.process import shares_of
from core.measure import apple
from core.measure.clocks import Clock
from core.measure.machine import read_machine
from core.measure.memory import Meters, give_back
from core.measure.recorder import Recorder
from core.runs.execution import lost
from core.runs.lab import Lab
from core.runs.parsing import parse_settings
from core.runs.planning import plan
from core.runs.registry import LABS
from tests.core.measure.machines import LAPTOP, SERVER

MAC = replace(LAPTOP, apple_gpu="Apple GPU", os="Darwin 25")
TEXT: Lab = LABS["text_generation"]


class Metal:
    """What torch.mps says, and how often it was waited for."""

    def __init__(self) -> None:
        self.waits = self.emptied = 0
        self.allocated, self.held, self.most = 3_000, 5_000, 20_000

    def synchronize(self) -> None:
        self.waits += 1

    def empty_cache(self) -> None:
        self.emptied += 1

    def current_allocated_memory(self) -> int:
        return self.allocated

    def driver_allocated_memory(self) -> int:
        return self.held

    def recommended_max_memory(self) -> int:
        return self.most


@pytest.fixture
def metal(monkeypatch: pytest.MonkeyPatch) -> Metal:
    """The stand-in, in the place of torch."""
    made = Metal()
    backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: True))
    cuda = SimpleNamespace(is_initialized=lambda: False)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(mps=made, backends=backends, cuda=cuda))
    return made


def planned(machine: Any = MAC, **asked: Any) -> Any:
    return plan(TEXT, parse_settings(TEXT, {"source": "dummy", **asked}), machine)


def test_a_mac_has_one_and_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_machine().apple_gpu is None
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    found = read_machine()
    assert found.apple_gpu == "Apple GPU" and found.label.endswith("Apple GPU")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert read_machine().apple_gpu is None


def test_a_worker_serves_it_beside_the_processor() -> None:
    assert shares_of(MAC.gpu_names) == [("cpu", "mps")]
    assert shares_of(SERVER.gpu_names) == [("cpu", "cuda:0"), ("cuda:1",)]
    assert shares_of(LAPTOP.gpu_names) == [("cpu",)]


def test_it_has_to_be_chosen_and_is_said_to_be_untried() -> None:
    by_itself = planned(device="auto")
    assert by_itself.settings.device == "cpu" and "was never tried" in by_itself.reasons[0]
    chosen = planned(device="mps")
    assert (chosen.settings.device, chosen.settings.dtype, chosen.refusal) == ("mps", "float16", None)
    assert "On an Apple GPU the run takes float16." in chosen.reasons
    elsewhere = planned(LAPTOP, device="mps").refusal
    assert elsewhere is not None and elsewhere.message == "This machine has no Apple GPU."


def test_the_meters_are_those_of_metal(metal: Metal) -> None:
    meters = Meters("mps", MAC)
    reading = meters.read()
    assert (reading["allocated_bytes"], reading["reserved_bytes"]) == (3_000, 5_000)
    assert reading["device_used_bytes"] is None and reading["device_used_bytes_reason"] == apple.NO_DRIVER_METER
    assert meters.peaks()["allocated_bytes_reason"] == apple.NO_PEAK
    assert (meters.room().free_bytes, meters.room().total_bytes) == (17_000, MAC.ram_bytes)
    metal.allocated = 21_000
    assert meters.room().free_bytes == 0


def test_before_torch_is_imported_the_meters_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    meters = Meters("mps", MAC)
    assert meters.read()["allocated_bytes_reason"] == apple.NOT_BEGUN and meters.room().free_bytes is None
    Clock("mps").synchronise()
    apple.empty_cache()


def test_the_clock_waits_for_it_at_every_stamp(metal: Metal) -> None:
    clock = Clock("mps")
    clock.settle()
    clock.touch()
    assert metal.waits == 0
    with clock.measure() as timing:
        waited = metal.waits
        clock.stamp()
        assert metal.waits == waited + 1
    assert timing.device_s is None and timing.wall_s > 0 and metal.waits >= 4


def test_what_it_keeps_is_given_back_and_a_failure_is_seen(metal: Metal, monkeypatch: pytest.MonkeyPatch) -> None:
    give_back()
    assert metal.emptied == 1 and lost("mps") is None

    def fail() -> None:
        raise RuntimeError("Metal is gone")

    monkeypatch.setattr(metal, "synchronize", fail)
    gone = lost("mps")
    assert gone is not None and "Metal is gone" in gone.message


def test_a_record_names_it(metal: Metal) -> None:
    assert config().data_dir
    recorder = Recorder("text_generation", {"device": "mps"}, device="mps", machine=MAC)
    assert recorder.record["device"] == {"type": "mps", "name": "Apple GPU", "index": None}
