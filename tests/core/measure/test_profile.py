import time

import torch
from torch import nn

from core.measure.profile import NOTHING, Profiler


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
