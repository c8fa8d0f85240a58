"""Switches the simulation on and off."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from core.measure import cuda_driver, machine, memory
from tests.simulated_gpu.cards import Card
from tests.simulated_gpu.driver import Driver
from tests.simulated_gpu.libcuda import Libcuda
from tests.simulated_gpu.nvml import Library

SMALL_PRODUCT = 256
"""Side of the timed matrix product: that of a real card would keep the processor for minutes."""


@contextmanager
def simulated(*boards: Card, **state: Any) -> Iterator[Driver]:
    """A machine with these boards; `state` are the driver's other fields."""
    driver = Driver(boards, **state)
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        answer(driver, patch)
        compute(driver, patch, stack)
        stack.callback(machine.this_machine.cache_clear)
        yield driver


def answer(driver: Driver, patch: pytest.MonkeyPatch) -> None:
    """Answer for the management library and the driver; no torch."""
    for name, function in Library(driver).functions().items():
        patch.setattr(pynvml, name, function)
    patch.setattr(cuda_driver, "_library", lambda: Libcuda(driver))
    patch.setattr(memory, "_handles", {})
    machine.this_machine.cache_clear()


def compute(driver: Driver, patch: pytest.MonkeyPatch, stack: ExitStack) -> None:
    """Answer for `torch.cuda`, and compute what tensors on the cards are asked for."""
    import torch
    from torch.profiler import ProfilerActivity

    from core.measure import limits, profile
    from tests.simulated_gpu.runtime import install
    from tests.simulated_gpu.tensors import tensors_of

    stack.enter_context(tensors_of(driver))
    install(driver, patch)
    patch.setattr(torch.backends.cudnn, "enabled", False)
    patch.setitem(limits.PRODUCT_SIDE, "cuda", SMALL_PRODUCT)
    # Kineto would ask the real driver for an event at every operator, and there are no kernels to see.
    patch.setattr(profile, "ProfilerActivity", SimpleNamespace(CPU=ProfilerActivity.CPU, CUDA=ProfilerActivity.XPU))
