import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn
from torch.autograd import DeviceType

from core.measure.profile import NOT_SEEN, NOTHING, Profiler
from tests.simulated_gpu import T4, Driver


def _profiled(layers: int, pause_s: float) -> dict[str, object]:
    model, values = nn.Sequential(*[nn.Linear(512, 512) for _ in range(layers)]), torch.randn(64, 512)
    profiler = Profiler("cpu")
    with torch.inference_mode():
        model(values)
        profiler.start()
        for _ in range(20):
            model(values)
        time.sleep(pause_s)
        profiler.stop()
    return profiler.result("a test", unprofiled_s=9.0)


def test_matrix_products_take_most_of_a_stack_of_linear_layers() -> None:
    found = _profiled(10, pause_s=0)
    assert found["products_s"] > 0.5 * found["busy_s"] and found["busy_s"] <= found["wall_s"]
    assert found["top"][0]["name"] == "aten::addmm" and found["top"][0]["calls"] == 200


def test_time_outside_of_operators_is_not_theirs() -> None:
    found = _profiled(1, pause_s=0.5)
    assert found["wall_s"] > 0.5 and found["busy_s"] < 0.5 * found["wall_s"]


def test_on_the_cpu_shares_are_of_the_profiled_pass_itself() -> None:
    found = _profiled(1, pause_s=0)
    assert found["reference_s"] == found["wall_s"] and found["of"] == "a test"


def test_stopping_what_never_began_or_has_ended_does_nothing() -> None:
    profiler = Profiler("cpu")
    profiler.stop()
    profiler.start()
    profiler.stop()
    profiler.stop()
    assert profiler.result("nothing", unprofiled_s=1.0) == NOTHING


def test_a_pass_that_fails_leaves_no_profiler_behind() -> None:
    profiler = Profiler("cpu")
    profiler.start()
    try:
        raise MemoryError
    except MemoryError:
        profiler.stop()
    # Another one could not start beside it.
    assert _profiled(1, pause_s=0)["top"]


def test_a_kernel_counts_once_though_it_is_listed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def event(key: str, device_us: float, device: Any) -> SimpleNamespace:
        return SimpleNamespace(key=key, self_device_time_total=device_us, count=1, device_type=device)

    listed = [
        event("aten::mm", 3e6, DeviceType.CPU),
        event("aten::add", 1e6, DeviceType.CPU),
        event("ampere_sgemm_128x64::kernel", 3e6, DeviceType.CUDA),
        event("at::native::vectorized_elementwise_kernel", 1e6, DeviceType.CUDA),
    ]
    profiler = Profiler("cpu")
    profiler._clock.is_cuda = True
    monkeypatch.setattr(profiler._profile, "key_averages", lambda: listed)
    found = profiler.result("a test", unprofiled_s=5.0)
    assert isinstance(found, dict)
    assert (found["busy_s"], found["products_s"], found["reference_s"]) == (4.0, 3.0, 5.0)
    assert [entry["name"] for entry in found["top"]] == ["aten::mm", "aten::add"]


def test_a_profile_without_any_kernel_is_none_with_the_reason(simulate: Callable[..., Driver]) -> None:
    simulate(T4)
    profiler = Profiler("cuda")
    profiler.start()
    torch.ones(8, 8, device="cuda").matmul(torch.ones(8, 8, device="cuda"))
    profiler.stop()
    assert profiler.result("a test", unprofiled_s=1.0) == NOT_SEEN
