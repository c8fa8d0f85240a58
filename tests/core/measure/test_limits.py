import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.measure import limits
from core.measure.limits import (
    decode_limit,
    kv_bytes_per_token,
    last_cache_bytes,
    product_rate,
    read_bandwidth,
    work_limit,
)


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
