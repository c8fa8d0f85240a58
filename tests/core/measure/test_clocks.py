import math
import time
from collections.abc import Callable
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.measure.clocks import Clock, Stamp
from tests.simulated_gpu import T4, Driver


def test_the_wall_clock_measures_what_happens_inside() -> None:
    clock = Clock("cpu")
    with clock.measure() as timing:
        time.sleep(0.05)
    assert 0.05 <= timing.wall_s < 0.5
    assert timing.device_s is None


def test_stamps_divide_a_measured_pass() -> None:
    clock = Clock("cpu")
    with clock.measure() as timing:
        time.sleep(0.02)
        middle = clock.stamp()
    parts_s = clock.seconds(timing.start, middle) + clock.seconds(middle, timing.end)
    assert parts_s == pytest.approx(timing.wall_s, abs=0.005)


@given(st.integers(0, 2**62), st.lists(st.integers(0, 2**40), min_size=1, max_size=20))
def test_parts_add_up_to_the_whole_whatever_the_times(begun_ns: int, gaps_ns: list[int]) -> None:
    clock = Clock("cpu")
    stamps = [Stamp(begun_ns + passed) for passed in accumulate(gaps_ns, initial=0)]
    parts = [clock.seconds(*pair) for pair in pairwise(stamps)]
    assert min(parts) >= 0
    assert math.fsum(parts) == pytest.approx(clock.seconds(stamps[0], stamps[-1]), rel=1e-9, abs=1e-9)


def test_on_a_processor_no_gpu_is_set_up_by_its_clock(simulate: Callable[..., Driver]) -> None:
    driver = simulate(T4)
    clock = Clock("cpu")
    clock.touch()
    clock.settle()
    clock.synchronise()
    assert not driver.devices[0].has_context


def test_a_program_held_up_between_its_two_clocks_gets_no_more_time_on_the_device_than_on_the_wall(
    simulate: Callable[..., Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    simulate(T4)
    record, pauses_s = torch.cuda.Event.record, [0.02, 0]

    def held_up(event: torch.cuda.Event, stream: torch.cuda.Stream) -> None:
        record(event, stream)
        time.sleep(pauses_s.pop(0))

    monkeypatch.setattr(torch.cuda.Event, "record", held_up)
    with Clock("cuda").measure() as timing:
        pass
    assert timing.device_s is not None
    assert 0.02 <= timing.device_s <= timing.wall_s


@pytest.mark.gpu
def test_the_device_clock_waits_for_the_device() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    matrix = torch.rand(4096, 4096, device="cuda")
    with Clock("cuda").measure() as timing:
        for _ in range(20):
            matrix = matrix @ matrix
    assert timing.device_s is not None
    assert 0 < timing.device_s <= timing.wall_s * 1.05
