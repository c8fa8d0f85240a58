import math
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.measure import limits
from core.measure.limits import (
    convolves_in_tf32,
    decode_limit,
    fits_the_cache,
    kv_bytes_per_token,
    last_cache_bytes,
    product_rate,
    read_bandwidth,
    work_limit,
)
from tests.simulated_gpu import A100, H200, T4, Card, Driver

Simulate = Callable[..., Driver]


class Decoder(nn.Module):
    """A million numbers, and a configuration as Qwen3 has it."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1024, 1024, dtype=dtype))
        self.small = nn.Parameter(torch.ones(3, dtype=dtype))
        self.config = SimpleNamespace(num_hidden_layers=28, num_key_value_heads=8, head_dim=128)


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "last_cache_bytes", lambda device: 1000)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_reading_takes_a_believable_time(dtype: torch.dtype) -> None:
    assert 1e8 < read_bandwidth(Decoder(dtype)) < 1e13


def test_the_best_of_the_readings_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.5, 0.25, 1.0, 0.5, 0.5, 0.5])
    monkeypatch.setattr(limits, "_seconds", lambda work, device: next(times))
    assert read_bandwidth(Decoder()) == 4 * (2**20 + 3) / 0.25


def test_no_more_is_read_than_fills_the_cache_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "last_cache_bytes", lambda device: 1000)
    monkeypatch.setattr(limits, "_seconds", lambda work, device: 1.0)
    assert read_bandwidth(Decoder()) == 4 * 2**20


def test_qwens_cache_grows_by_112_kib_per_token_in_half_precision() -> None:
    assert kv_bytes_per_token(Decoder(torch.bfloat16)) == 114_688


def test_the_limit_is_bandwidth_over_bytes_per_token(no_cache: None) -> None:
    found = decode_limit(Decoder(), context_tokens=10, bandwidths=[1e9, 4e9])
    assert isinstance(found, dict)
    assert found["bytes_per_token"] == (2**20 + 3) * 4 + 2 * 114_688 * 10
    assert found["value"] == 4e9 / found["bytes_per_token"]
    assert (found["kind"], found["unit"], found["read_bytes_per_s_around"]) == ("bandwidth", "tokens/s", [1e9, 4e9])


def test_weights_that_fit_into_the_cache_have_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "last_cache_bytes", lambda device: 32 * 2**20)
    found = decode_limit(Decoder(), context_tokens=10, bandwidths=[1e9])
    assert isinstance(found, str) and "cache" in found


def test_the_cache_is_what_the_system_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = tmp_path / "size"
    monkeypatch.setattr(limits, "LAST_CACHE", size)
    assert last_cache_bytes(torch.device("cpu")) == limits.UNKNOWN_CACHE_BYTES
    size.write_text("32768K\n")
    assert last_cache_bytes(torch.device("cpu")) == 32 * 2**20


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_product_takes_a_believable_time(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.PRODUCT_SIDE, "cpu", 256)
    assert 1e8 < product_rate("cpu", dtype) < 1e16


def test_the_longer_of_computing_and_reading_is_the_limit() -> None:
    computing = work_limit(10**12, 10**9, rates=[1e11, 2e11], bandwidths=[1e10], unit="s/evaluation")
    assert (computing["kind"], computing["value"], computing["flops_per_s"]) == ("compute", 5.0, 2e11)
    reading = work_limit(10**9, 10**10, rates=[1e11], bandwidths=[1e10], unit="s/evaluation")
    assert (reading["kind"], reading["value"]) == ("bandwidth", 1.0)


@pytest.mark.parametrize(("flops", "rate"), [(0, 1e9), (10, 0.0), (-5, 1e9)])
def test_nothing_counted_gives_no_limit(flops: int, rate: float) -> None:
    with pytest.raises(ValueError, match="no limit"):
        work_limit(flops, 10, rates=[rate], bandwidths=[1e9], unit="s/evaluation")


@given(
    st.integers(1, 10**18),
    st.integers(1, 10**13),
    st.lists(st.floats(1e3, 1e18), min_size=1, max_size=4),
    st.lists(st.floats(1e3, 1e15), min_size=1, max_size=4),
)
def test_no_limit_is_below_what_the_best_device_needs(
    flops: int, size_bytes: int, rates: list[float], bandwidths: list[float]
) -> None:
    found = work_limit(flops, size_bytes, rates, bandwidths, "s/evaluation")
    assert 0 < found["value"] < math.inf
    assert found["value"] == max(flops / max(rates), size_bytes / max(bandwidths))


def test_on_a_gpu_the_work_is_timed_on_its_own_device_also_if_another_is_current(simulate: Simulate) -> None:
    driver = simulate(T4, A100)

    def work() -> None:
        driver.launched(1, 0.02)

    assert torch.cuda.current_device() == 0
    host_s = time.perf_counter()
    found_s = limits._seconds(lambda: (work(), time.sleep(0.02)), torch.device("cuda:1"))
    assert 0.02 <= found_s <= time.perf_counter() - host_s
    assert not driver.devices[0].has_context


@pytest.mark.parametrize(("work_s", "times"), [(0.00002, 250), (0.0004, 13), (0.006, 1)])
def test_what_a_gpu_does_quickly_is_timed_as_often_as_fills_5_ms(
    work_s: float, times: int, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = simulate(T4)
    clock = iter_clock = [0.0]
    monkeypatch.setattr(driver, "now_s", lambda index: clock[0])
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        iter_clock[0] += work_s

    assert limits._seconds(work, torch.device("cuda:0")) == pytest.approx(work_s)
    assert len(calls) == times + (0 if times == 1 else 1)


def test_the_timed_product_is_of_random_numbers_and_leaves_the_seeds_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.PRODUCT_SIDE, "cpu", 64)
    seen: list[torch.Tensor] = []
    monkeypatch.setattr(limits, "_product_s", lambda left: seen.append(left) or 1.0)
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    product_rate("cpu", torch.float32)
    assert torch.equal(torch.rand(3), wanted)
    assert len(seen[0].unique()) > 4000 and abs(float(seen[0].mean())) < 0.1


def test_a_gpu_that_is_nearly_full_gets_the_smaller_product(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = simulate(T4)
    monkeypatch.setattr(limits, "SMALL_SIDE", 64)
    monkeypatch.setitem(limits.PRODUCT_SIDE, "cuda", 1024)
    sides: list[int] = []
    monkeypatch.setattr(limits, "_product_s", lambda left: sides.append(len(left)) or 1.0)
    product_rate("cuda", torch.float16)
    driver.devices[0].foreign_bytes = driver.devices[0].free_bytes - 4 * 2**20
    product_rate("cuda", torch.float16)
    assert sides == [1024, 64]
    assert driver.devices[0].reserved_bytes == 0


@pytest.mark.parametrize(
    ("card", "device", "dtype", "expected"),
    [
        (A100, "cuda", "float32", True),
        (A100, "cuda", "float16", False),
        (T4, "cuda", "float32", False),
        (T4, "cpu", "float32", False),
    ],
)
def test_only_from_ampere_on_a_gpu_convolves_float32_in_tf32(
    card: Card, device: str, dtype: str, expected: bool, simulate: Simulate
) -> None:
    simulate(card)
    assert convolves_in_tf32(device, dtype) is expected


def test_weights_that_the_cache_holds_are_no_limit_of_a_pass(no_cache: None) -> None:
    assert fits_the_cache([torch.zeros(100)]) and not fits_the_cache([torch.zeros(1000)])
    found = work_limit(10**12, 10**9, rates=[1e11], bandwidths=[], unit="s/evaluation")
    assert (found["kind"], found["value"], found["read_bytes_per_s"]) == ("compute", 10.0, None)


def test_the_cache_of_a_gpu_is_what_its_properties_say(simulate: Simulate) -> None:
    simulate(T4, H200)
    assert last_cache_bytes(torch.device("cuda:0")) == 4 * 2**20
    assert last_cache_bytes(torch.device("cuda:1")) == 60 * 2**20
