"""The simulation fails where a real card would, and keeps its books."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from core.measure.machine import this_machine
from core.measure.recorder import Recorder
from core.runs.loading import NOT_FRESH, start_from_empty
from tests.simulated_gpu import A100, T4, Driver

Simulate = Callable[..., Driver]


def test_there_is_no_gpu_before_and_after(simulate: Simulate) -> None:
    assert not torch.cuda.is_available()
    simulate(T4, A100)
    assert torch.cuda.is_available() and torch.cuda.device_count() == 2
    assert torch.cuda.get_device_name(1) == "NVIDIA A100-SXM4-40GB (simulated)"


def test_a_tensor_is_where_it_says(simulate: Simulate) -> None:
    simulate(T4, A100)
    assert str(torch.zeros(1, device="cuda").device) == str(torch.tensor([1], device="cuda").device) == "cuda:0"
    assert str(torch.ones(2).to("cuda:1").mul(3).device) == "cuda:1"
    assert torch.arange(4.0, device="cuda").sum().item() == 6
    assert (torch.ones(2, device="cuda") + 1).cpu().tolist() == [2, 2]


def test_tensors_of_two_places_are_refused(simulate: Simulate) -> None:
    simulate(T4, A100)
    here, there, host = torch.ones(2, device="cuda:0"), torch.ones(2, device="cuda:1"), torch.ones(2)
    for other in (there, host):
        with pytest.raises(RuntimeError, match="same device"):
            here + other
    assert (here * torch.tensor(2.0)).tolist() == [2, 2]
    assert there.to("cuda:0").add(here).tolist() == [2, 2]


def test_numpy_does_not_read_a_card(simulate: Simulate) -> None:
    simulate(T4)
    with pytest.raises(TypeError, match="cuda:0 device type tensor to numpy"):
        torch.ones(2, device="cuda").numpy()


def test_a_generator_of_the_processor_is_refused(simulate: Simulate) -> None:
    simulate(T4)
    with pytest.raises(RuntimeError, match="generator"):
        torch.randn(2, device="cuda", generator=torch.Generator())
    drawn = [torch.randn(2, device="cuda", generator=torch.Generator("cuda").manual_seed(3)).tolist() for _ in "ab"]
    assert drawn[0] == drawn[1]


def test_a_module_moves_and_its_tied_weights_stay_one(simulate: Simulate) -> None:
    driver = simulate(T4)
    first, second = nn.Linear(64, 64, bias=False), nn.Linear(64, 64, bias=False)
    second.weight = first.weight
    model = nn.Sequential(first, second).to("cuda")
    assert model[0].weight is model[1].weight and model[0].weight.is_cuda
    assert driver.devices[0].allocated_bytes == 64 * 64 * 4
    assert model(torch.ones(1, 64, device="cuda")).device.type == "cuda"


def test_memory_is_counted_and_given_back(simulate: Simulate) -> None:
    books = simulate(T4).devices[0]
    held = torch.zeros(3, 1000, device="cuda")
    view = held[1]
    assert books.allocated_bytes == torch.cuda.memory_allocated() == 12288
    del held
    assert books.allocated_bytes == 12288
    del view
    assert (books.allocated_bytes, books.peak_allocated_bytes) == (0, 12288)
    assert books.used_bytes == T4.context_bytes + torch.cuda.memory_reserved() > T4.context_bytes
    assert torch.cuda.mem_get_info() == (books.free_bytes, T4.memory_bytes)


def test_more_than_the_card_has_is_refused(simulate: Simulate) -> None:
    simulate(T4)
    with pytest.raises(torch.OutOfMemoryError, match=r"Tried to allocate .* of which .* is free"):
        torch.empty(16 * 2**30, dtype=torch.uint8, device="cuda")


def test_an_event_belongs_to_the_device_that_it_was_recorded_on(simulate: Simulate) -> None:
    driver = simulate(T4, A100)
    event, other = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    event.record()
    with pytest.raises(RuntimeError, match="does not match recording stream"):
        event.record(torch.cuda.current_stream("cuda:1"))
    with pytest.raises(ValueError, match="recorded"):
        event.elapsed_time(other)
    other.record(torch.cuda.current_stream("cuda:1"))
    with pytest.raises(RuntimeError, match="invalid resource handle"):
        event.elapsed_time(other)
    assert [device.has_context for device in driver.devices] == [True, True]


def test_work_of_one_card_does_not_hold_up_the_clock_of_another(simulate: Simulate) -> None:
    driver = simulate(T4, A100)
    events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
    events[0].record()
    driver.launched(1, 100.0)
    events[1].record()
    assert events[0].elapsed_time(events[1]) < 0


def test_a_context_that_exists_before_the_baseline_is_told(simulate: Simulate) -> None:
    simulate(T4)
    torch.cuda.synchronize()
    recorder = Recorder("load_model", {}, device="cuda", machine=this_machine())
    assert recorder.record["fresh_process"] is False
    start_from_empty(recorder)
    assert recorder.record["memory"]["baseline"]["device_used_bytes_reason"] == NOT_FRESH


def test_a_context_is_told_from_the_weights(simulate: Simulate) -> None:
    simulate(T4)
    torch.cuda.get_device_properties(0)
    recorder = Recorder("load_model", {}, device="cuda", machine=this_machine())
    start_from_empty(recorder)
    memory = recorder.record["memory"]
    assert recorder.record["fresh_process"] is True
    grown = memory["context"]["device_used_bytes"] - memory["baseline"]["device_used_bytes"]
    assert grown == T4.context_bytes and memory["context"]["reserved_bytes"] == 0


def test_an_assert_on_the_card_stays(simulate: Simulate) -> None:
    simulate(T4)
    rows = torch.zeros(4, 2, device="cuda")
    rows[torch.tensor([9], device="cuda")]
    for _ in range(2):
        with pytest.raises(torch.AcceleratorError, match="device-side assert"):
            torch.cuda.synchronize()
    with pytest.raises(torch.AcceleratorError):
        torch.cuda.empty_cache()


def test_a_driver_that_is_too_old_has_no_device(simulate: Simulate) -> None:
    simulate(T4, cuda_version=12040)
    assert not torch.cuda.is_available()
    with pytest.raises(RuntimeError, match="too old"):
        torch.cuda.init()
