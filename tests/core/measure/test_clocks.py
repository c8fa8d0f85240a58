import math
import time
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.measure.clocks import Clock, Stamp


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


def test_a_processor_needs_no_setting_up() -> None:
    clock = Clock("cpu")
    clock.touch()
    clock.settle()
    clock.synchronise()


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
