"""How much memory a step takes: followed tensor by tensor without computing anything, then measured.

Computed: the step is gone through with tensors that have a size and no content, and every one that is alive is counted.
Measured: what PyTorch's allocator held at its highest, on CUDA by its own meter, on the CPU by the profiler's list of
everything that was taken and given back. Buffers that a library takes past PyTorch are in neither.
"""

import copy
import weakref
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from core.labs.train_ddpm.program import Training
from core.measure.recorder import Recorder

MOMENTS = ("exp_avg", "exp_avg_sq")
"""What Adam remembers of every weight, as its optimizer calls it."""


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of all tensors that are made inside and still alive; `highest` is the most there were."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.highest = 0
        self._known: dict[int, Any] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for value in tree_leaves(out):
            if isinstance(value, torch.Tensor):
                self._count(value.untyped_storage())
        return out

    def _count(self, storage: Any) -> None:
        key = storage._cdata
        if key in self._known:
            return
        size = storage.nbytes()

        def gone(_: Any) -> None:
            self._known.pop(key, None)
            self.now -= size

        self._known[key] = weakref.ref(storage, gone)
        self.now += size
        self.highest = max(self.highest, self.now)


def parts_of(parameters: int) -> dict[str, int]:
    """Bytes that training holds for each weight, in float32: the weight, its gradient, its moments, its average."""
    return {
        "weights": 4 * parameters,
        "gradients": 4 * parameters,
        "moments": 2 * 4 * parameters,
        "averaged": 4 * parameters,
    }


def counted(training: Training) -> dict[str, int]:
    """The same parts as they are: bytes of the tensors, between the way back and the change of the weights."""
    state = training.optimizer.state.values()
    return {
        "weights": _bytes(training.model.parameters()),
        "gradients": _bytes(weight.grad for weight in training.model.parameters() if weight.grad is not None),
        "moments": _bytes(kept[name] for kept in state for name in MOMENTS),
        "averaged": _bytes(training.averaged.parameters()),
    }


def computed_step(training: Training, side: int) -> int:
    """Bytes that a training step takes beside what is held all the time, at the highest."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        empty, batch = _without_content(training), _batch(training.batch, side)
        with LiveBytes() as live:
            empty.backward(batch)
    return int(live.highest)


def operations_of(training: Training, side: int) -> int:
    """Multiplications and additions of a training step, the way back included."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        empty, batch = _without_content(training), _batch(training.batch, side)
        with FlopCounterMode(display=False) as counted_operations:
            empty.backward(batch)
    return int(counted_operations.get_total_flops())


def computed_inference(training: Training, side: int) -> int:
    """Bytes that drawing a batch takes beside the weights, at the highest."""
    with FakeTensorMode(), torch.no_grad():
        model = _without_content(training).model.eval()
        pictures, step, _ = _batch(training.batch, side)
        with LiveBytes() as live:
            model(pictures, step)
    return int(live.highest)


def taken(recorder: Recorder, work: Callable[[], Any]) -> int:
    """Bytes by which the allocator rose above what it held before, at the highest, while `work` ran."""
    if recorder.clock.is_cuda:
        recorder.raise_peak()
        recorder.meters.reset_peaks()
        before = recorder.meters.read()["allocated_bytes"]
        work()
        recorder.clock.synchronise()
        highest = recorder.raise_peak()["allocated_bytes"]
        assert isinstance(before, int) and isinstance(highest, int), "PyTorch's own meters are always there"
        return highest - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        work()
    found = watched.profiler
    assert found is not None and found.kineto_results is not None, "the profiler has ended"
    changes = [event for event in found.kineto_results.events() if event.name() == "[memory]"]
    changes.sort(key=lambda event: event.start_ns())
    return int(max(accumulate((event.nbytes() for event in changes), initial=0)))


def _without_content(training: Training) -> Training:
    """The same training with a network whose weights have a size and no content."""
    empty = copy.copy(training)
    empty.model = type(training.model).from_config(training.model.config)
    if training.checkpointing:
        empty.model.enable_gradient_checkpointing()
    return empty


def _batch(count: int, side: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    shape = (count, 3, side, side)
    return torch.empty(shape), torch.zeros(count, dtype=torch.long), torch.empty(shape)


def _bytes(tensors: Any) -> int:
    return sum(int(tensor.numel() * tensor.element_size()) for tensor in tensors)
