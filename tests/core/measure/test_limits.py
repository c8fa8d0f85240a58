from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from core.measure import limits
from core.measure.limits import decode_limit, kv_bytes_per_token, last_cache_bytes, read_bandwidth


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
def test_reading_takes_the_largest_tensor_and_a_believable_time(dtype: torch.dtype) -> None:
    assert 1e8 < read_bandwidth(Decoder(dtype)) < 1e13


def test_the_best_of_the_readings_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.5, 0.25, 1.0, 0.5, 0.5, 0.5])
    monkeypatch.setattr(limits, "_seconds", lambda words: next(times))
    assert read_bandwidth(Decoder()) == 4 * 2**20 / 0.25


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
