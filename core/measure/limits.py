"""What this device's memory can deliver at best, measured beside the run that is compared with it.

A model that writes one token after the other reads all its weights for each of them, so it cannot write faster than

    tokens per second = bytes per second that can be read / bytes that one token needs

The bytes per second are measured by reading the model's largest tensor several times in the plainest way there is, a
maximum over it, before the run and after it; the best counts. Nothing is allocated for it, so the memory figures of the
run stay its own. What a cache holds is read faster than memory can deliver, so small models have no such limit.

    before = read_bandwidth(model)
    decode_limit(model, context_tokens=63, bandwidths=[before, read_bandwidth(model)])
    {'kind': 'bandwidth', 'value': 14.2, 'unit': 'tokens/s', 'basis': '…', …}
"""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import torch
from torch import nn

from core.units import gb, short_count

ATTEMPTS = 6
CACHES_FULL = 4
"""A model has a limit by memory if it would fill the last cache so many times."""
LAST_CACHE = Path("/sys/devices/system/cpu/cpu0/cache/index3/size")
UNKNOWN_CACHE_BYTES = 64 * 2**20
"""Assumed where the system does not say; few processors have more."""


def read_bandwidth(model: nn.Module) -> float:
    """Bytes per second at which the largest tensor of `model` was read, the best of a few times."""
    # As whole numbers: half precision would be converted on the way, and that takes longer than reading.
    words = _largest(model).detach().reshape(-1).view(torch.int32)
    size_bytes = words.numel() * words.element_size()
    return max(float(size_bytes / _seconds(words)) for _ in range(ATTEMPTS))


def _seconds(words: torch.Tensor) -> float:
    if words.device.type == "cuda":
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        words.amax()
        end.record()
        end.synchronize()
        return float(start.elapsed_time(end)) / 1e3
    begun_ns = perf_counter_ns()
    words.amax()
    return (perf_counter_ns() - begun_ns) / 1e9


def decode_limit(model: Any, context_tokens: float, bandwidths: Sequence[float]) -> dict[str, Any] | str:
    """The limit of a decode as it stands in a run record, or the reason why there is none.

    Args:
        model: a decoder of transformers, whose tied head is one tensor with its embedding.
        context_tokens: mean number of tokens in the cache while it wrote.
        bandwidths: bytes per second, measured around the run.
    """
    weights = sum(value.numel() * value.element_size() for value in model.parameters())
    cache = last_cache_bytes(next(model.parameters()).device)
    if weights < CACHES_FULL * cache:
        return f"the weights ({gb(weights)}) fit into or nearly into the last cache ({gb(cache)})"
    best, numbers = max(bandwidths), short_count(_largest(model).numel())
    token_bytes = weights + round(kv_bytes_per_token(model) * context_tokens)
    return {
        "kind": "bandwidth",
        "value": best / token_bytes,
        "unit": "tokens/s",
        "basis": f"{gb(token_bytes)} per token (weights and key-value cache) at {gb(best)}/s, the best of "
        f"{len(bandwidths) * ATTEMPTS} readings of a tensor of {numbers} numbers around the run",
        "bytes_per_token": token_bytes,
        "read_bytes_per_s": best,
        "read_bytes_per_s_around": list(bandwidths),
    }


def kv_bytes_per_token(model: Any) -> int:
    """Bytes of keys and values that one token adds to the cache, from the model's own architecture."""
    config = model.config
    numbers = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim
    return int(numbers * next(model.parameters()).element_size())


def last_cache_bytes(device: torch.device) -> int:
    """Bytes of the cache that stands before the memory."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).L2_cache_size)
    try:
        text = LAST_CACHE.read_text().strip()
        return int(text.removesuffix("K")) * 1024
    except (OSError, ValueError):
        return UNKNOWN_CACHE_BYTES


def _largest(model: nn.Module) -> torch.Tensor:
    return max(model.parameters(), key=torch.Tensor.numel)
