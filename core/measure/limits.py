"""What this device can deliver at best, measured beside the run that is compared with it.

A model that writes one token after the other reads all its weights for each of them, so it cannot write faster than

    tokens per second = bytes per second that can be read / bytes that one token needs

The bytes per second are measured by reading the model's largest tensors several times in the plainest way there is, a
maximum over each, before the run and after it; the best counts. Nothing is allocated for it, so the memory figures of
the run stay its own. What a cache holds is read faster than memory can deliver, so as many tensors are read as would
fill the last cache a few times, and small models have no such limit.

    before = read_bandwidth(model)
    decode_limit(model, context_tokens=63, bandwidths=[before, read_bandwidth(model)])
    {'kind': 'bandwidth', 'value': 14.2, 'unit': 'tokens/s', 'basis': '…', …}

A model that draws a picture or names one computes far more with each number that it reads. There the limit is a time:
the multiplications and additions of one pass, counted from the architecture, at the rate of a plain matrix product of
the same precision, or reading its weights once, whichever takes longer.

    work_limit(flops=1.6e12, weights_bytes=3.4e9, rates=[1.9e11], bandwidths=[3e10], unit="s/evaluation")
    {'kind': 'compute', 'value': 8.5, 'unit': 's/evaluation', 'basis': '…', …}
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.measure.clocks import Clock
from core.units import gb, short_count

ATTEMPTS = 6
PRODUCT_SIDE = {"cpu": 1024, "cuda": 8192, "mps": 4096}
"""Rows and columns of the matrices whose product is timed; large enough to keep every unit busy."""
SMALL_SIDE = 4096
"""The same on a GPU that is nearly full."""
SHORTEST_S = 0.005
"""A GPU works until then between two events; below, the time of starting its kernels would count."""
MOST_TIMES = 1000
TF32_FROM = (8, 0)
"""First compute capability with TF32, in which cuDNN convolves float32 unless told otherwise."""
CACHES_FULL = 3
"""A model has a limit by memory if it would fill the last cache so many times; as much is read to measure it."""
LAST_CACHE = Path("/sys/devices/system/cpu/cpu0/cache/index3/size")
UNKNOWN_CACHE_BYTES = 64 * 2**20
"""Assumed where the system does not say; few processors have more."""


def read_bandwidth(model: nn.Module, stored: Iterable[torch.Tensor] | None = None) -> float:
    """Bytes per second at which the largest tensors of `model` were read, the best of a few times.

    Args:
        stored: the tensors that its weights are stored in, where those are not its parameters.
    """
    tensors = _above_the_cache(model.parameters() if stored is None else stored)
    # As whole numbers: half precision would be converted on the way, and that takes longer than reading.
    words = [tensor.detach().reshape(-1).view(torch.int32) for tensor in tensors]
    size_bytes = sum(map(_bytes, tensors))
    best_s = min(_seconds(lambda: [part.amax() for part in words], words[0].device) for _ in range(ATTEMPTS))
    return size_bytes / best_s


def product_rate(device: str, dtype: torch.dtype) -> float:
    """Floating-point operations per second of a square matrix product, the best of a few times.

    What was allocated for it is given back, also to the driver.
    """
    side = PRODUCT_SIDE[torch.device(device).type]
    if device.startswith("cuda") and torch.cuda.mem_get_info(device)[0] < 4 * side**2 * dtype.itemsize:
        side = SMALL_SIDE
    with torch.inference_mode():
        best_s = _product_s(_random(side, device, dtype))
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    return 2 * side**3 / best_s


def _random(side: int, device: str, dtype: torch.dtype) -> torch.Tensor:
    """A square matrix of random numbers: of equal ones a GPU draws less power, and then computes faster than it can.

    Drawn by a generator of its own, so that the run's seeds stay what they are.
    """
    generator = torch.Generator(device=device).manual_seed(0)
    return torch.randn(side, side, dtype=dtype, device=device, generator=generator)


def _product_s(left: torch.Tensor) -> float:
    out = torch.empty_like(left)
    return min(_seconds(lambda: torch.mm(left, left, out=out), left.device) for _ in range(ATTEMPTS))


def _seconds(work: Callable[[], Any], device: torch.device) -> float:
    """Seconds that the work takes once; on a GPU by its own clock, over as many times as fill 5 ms."""
    if device.type == "cuda":
        once_s = _gpu_seconds(work, device, 1)
        times = min(MOST_TIMES, math.ceil(SHORTEST_S / max(once_s, SHORTEST_S / MOST_TIMES)))
        return once_s if times == 1 else _gpu_seconds(work, device, times) / times
    clock = Clock(device.type)
    with clock.measure() as timing:
        work()
    return timing.wall_s


def _gpu_seconds(work: Callable[[], Any], device: torch.device, times: int) -> float:
    # An event belongs to the device of its stream, and the current device may be another one.
    stream = torch.cuda.current_stream(device)
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record(stream)
    for _ in range(times):
        work()
    end.record(stream)
    end.synchronize()
    return float(start.elapsed_time(end)) / 1e3


def convolves_in_tf32(device: str, dtype: str) -> bool:
    """Whether convolutions on this device are faster than the matrix product in the same precision."""
    is_float32 = device.startswith("cuda") and dtype == "float32"
    return is_float32 and torch.backends.cudnn.allow_tf32 and torch.cuda.get_device_capability(device) >= TF32_FROM


def fits_the_cache(stored: Iterable[torch.Tensor]) -> bool:
    """Whether so little is stored that the last cache holds it, or much of it, from one pass to the next."""
    tensors = list(stored)
    return sum(map(_bytes, tensors)) < CACHES_FULL * last_cache_bytes(tensors[0].device)


def decode_limit(
    model: Any,
    context_tokens: float,
    bandwidths: Sequence[float],
    stored: Iterable[torch.Tensor] | None = None,
) -> dict[str, Any] | str:
    """The limit of a decode as it stands in a run record, or the reason why there is none.

    Args:
        model: a decoder of transformers, whose tied head is one tensor with its embedding.
        context_tokens: mean number of tokens in the cache while it wrote.
        bandwidths: bytes per second, measured around the run.
        stored: the tensors that its weights are stored in, where those are not its parameters.
    """
    tensors = list(model.parameters() if stored is None else stored)
    weights = sum(map(_bytes, tensors))
    cache = last_cache_bytes(next(model.parameters()).device)
    if weights < CACHES_FULL * cache:
        return f"the weights ({gb(weights)}) fit into or nearly into the last cache ({gb(cache)})"
    best, read = max(bandwidths), sum(map(_bytes, _above_the_cache(tensors)))
    token_bytes = weights + round(kv_bytes_per_token(model) * context_tokens)
    return {
        "kind": "bandwidth",
        "value": best / token_bytes,
        "unit": "tokens/s",
        "basis": f"{gb(token_bytes)} per token (weights and key-value cache) at {gb(best)}/s, the best of "
        f"{len(bandwidths) * ATTEMPTS} readings of {gb(read)} of them around the run",
        "bytes_per_token": token_bytes,
        "read_bytes_per_s": best,
        "read_bytes_per_s_around": list(bandwidths),
    }


def work_limit(
    flops: int, weights_bytes: int, rates: Sequence[float], bandwidths: Sequence[float], unit: str
) -> dict[str, Any]:
    """The least seconds that one pass can take, as it stands in a run record.

    Args:
        flops: multiplications and additions of one pass.
        weights_bytes: what one pass reads at least.
        rates: operations per second of a matrix product, measured around the run.
        bandwidths: bytes per second, measured around the run; none where the cache holds the weights, which then
            are no limit.
        unit: `s/evaluation` or the like.

    Raises:
        ValueError: nothing was counted or measured.
    """
    if flops <= 0 or min([*rates, *bandwidths], default=0) <= 0:
        raise ValueError(f"no limit follows from {flops} operations at {list(rates)} per second")
    rate, bandwidth = max(rates), max(bandwidths, default=None)
    computing_s, reading_s = flops / rate, weights_bytes / bandwidth if bandwidth else 0.0
    is_compute = computing_s >= reading_s
    what = f"{short_count(flops / 1e9)} GFLOP at {short_count(rate / 1e9)} GFLOP/s, the best of the matrix products"
    reading = f"{gb(weights_bytes)} of weights at {gb(bandwidth or 0)}/s, the best of the readings"
    return {
        "kind": "compute" if is_compute else "bandwidth",
        "value": max(computing_s, reading_s),
        "unit": unit,
        "basis": f"{what if is_compute else reading} around the run",
        "flops": flops,
        "flops_per_s": rate,
        "flops_per_s_around": list(rates),
        "read_bytes_per_s": bandwidth,
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


def _above_the_cache(stored: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    """The largest tensors, as many as fill the last cache a few times; all that can be read as words if they do not."""
    tensors = sorted((each for each in stored if _bytes(each) % 4 == 0), key=_bytes, reverse=True)
    enough = CACHES_FULL * last_cache_bytes(tensors[0].device)
    before = accumulate(map(_bytes, tensors), initial=0)
    return [tensor for tensor, read in zip(tensors, before, strict=False) if read < enough]


def _bytes(tensor: torch.Tensor) -> int:
    return int(tensor.numel() * tensor.element_size())
