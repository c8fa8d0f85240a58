import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

from core.errors import RunTimedOut
from core.labs.runtime import run as runtime_run
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import execute, explain
from tests.core.measure.run_schema import assert_valid
from tests.simulated_gpu import T4, Driver

Simulate = Callable[..., Driver]


def execute_runtime(resident: Resident, **given: Any) -> dict[str, Any]:
    return execute("runtime", {}, SilentProgress(), resident, **given).record


def failing_with(error: BaseException) -> Any:
    def run(*arguments: Any) -> None:
        raise error

    return run


def test_importing_the_execution_does_not_import_torch() -> None:
    code = "import sys, core.runs.execution; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_record_carries_job_and_freshness(resident: Resident) -> None:
    record = execute_runtime(resident, job_id="j1", is_fresh=False)
    assert (record["job_id"], record["fresh_process"], record["state"]) == ("j1", False, "finished")
    assert_valid(record)


def test_what_auto_took_is_noted_in_the_record(resident: Resident) -> None:
    notes = execute("runtime", {"device": "auto"}, SilentProgress(), resident).record["notes"]
    assert any("the run takes" in note for note in notes)
    assert execute_runtime(resident)["notes"] == []


def test_settings_out_of_range_give_a_failed_record(resident: Resident) -> None:
    record = execute("text_generation", {"max_new_tokens": 0}, SilentProgress(), resident).record
    assert (record["state"], record["error"]["kind"]) == ("failed", "invalid_settings")
    assert_valid(record)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_what_the_machine_cannot_do_gives_a_failed_record(resident: Resident) -> None:
    settings = {"device": "cuda", "source": "embedded"}
    record = execute("text_generation", settings, SilentProgress(), resident).record
    assert (record["state"], record["error"]["kind"]) == ("failed", "device_unavailable")
    assert record["device"]["type"] == "cuda"
    assert_valid(record)


def test_a_run_that_takes_too_long_fails_as_timed_out(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_run, "run", failing_with(RunTimedOut("600 s are over", "Take fewer steps.")))
    record = execute_runtime(resident)
    assert (record["state"], record["error"]["kind"]) == ("failed", "timed_out")


def test_ctrl_c_gives_a_cancelled_record(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_run, "run", failing_with(KeyboardInterrupt()))
    record = execute_runtime(resident)
    assert (record["state"], record["error"]["kind"]) == ("cancelled", "cancelled")
    assert_valid(record)


def test_a_surprise_is_told_as_it_is_and_frees_the_model(
    resident: Resident, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    resident.get("model", lambda: object())
    monkeypatch.setattr(runtime_run, "run", failing_with(ZeroDivisionError("division by zero")))
    record = execute_runtime(resident)
    assert record["error"]["message"] == "ZeroDivisionError: division by zero"
    assert "Traceback" in caplog.text
    assert resident.description is None


def test_a_gpu_that_is_full_says_what_was_asked_and_free() -> None:
    message = (
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 14.75 GiB of which "
        "512.06 MiB is free. Process 1 has 14.2 GiB memory in use."
    )
    error = explain(torch.OutOfMemoryError(message), "cuda")
    assert error.kind == "out_of_memory"
    assert error.message == "The run asked cuda for 2.00 GiB more, and 512.06 MiB were free."


def test_ram_that_is_full_is_out_of_memory_too() -> None:
    with pytest.raises(RuntimeError) as failure:
        torch.empty(2**50, dtype=torch.float32)
    error = explain(failure.value, "cpu")
    assert error.kind == "out_of_memory"
    assert "of RAM more than this machine could give" in error.message


@pytest.mark.parametrize(
    "message",
    [
        "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported",
        "NVML_ERROR_GPU_IS_LOST: GPU is lost",
        "CUDA error: an illegal memory access was encountered",
    ],
)
def test_a_gpu_that_is_gone_is_said_to_be(message: str) -> None:
    error = explain(RuntimeError(message), "cuda:0")
    assert error.kind == "device_lost" and "cuda:0 stopped answering" in error.message and "new worker" in error.remedy


def test_a_lost_device_is_not_asked_again(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_run, "run", failing_with(RuntimeError("CUDA error: unspecified launch failure")))
    monkeypatch.setattr(resident, "release", lambda: pytest.fail("the device was asked to give its memory back"))
    record = execute_runtime(resident)
    assert record["error"]["kind"] == "device_lost"
    assert_valid(record)


def test_another_runtime_error_is_not_taken_for_memory() -> None:
    assert explain(RuntimeError("shapes differ"), "cpu").kind == "unexpected"


def test_memory_is_free_again_after_a_failure(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def run(*arguments: Any) -> None:
        import weakref

        tensor = torch.zeros(1000)
        seen.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(runtime_run, "run", run)
    assert execute_runtime(resident)["error"]["kind"] == "out_of_memory"
    assert seen[0]() is None


@pytest.mark.parametrize(
    "message",
    [
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "CUDA driver error: out of memory",
        "Triton Error [CUDA]: out of memory",
        "CUDA ran out of memory outside PyTorch's allocator",
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.",
    ],
)
def test_memory_that_ran_out_below_pytorch_is_out_of_memory(message: str) -> None:
    assert explain(RuntimeError(message), "cuda").kind == "out_of_memory"


def test_after_a_failed_assert_on_the_card_the_process_is_given_up(
    resident: Resident, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(T4)

    def run(*arguments: Any) -> None:
        rows = torch.zeros(4, 2, device="cuda")
        rows[torch.tensor([9], device="cuda")]  # the card notices, the program goes on
        raise ValueError("something else that went wrong because of it")

    monkeypatch.setattr(runtime_run, "run", run)
    monkeypatch.setattr(resident, "release", lambda: pytest.fail("the device was asked to give its memory back"))
    record = execute("runtime", {"device": "cuda"}, SilentProgress(), resident).record
    assert record["error"]["kind"] == "device_lost"
    assert "device-side assert" in record["error"]["message"]
    assert_valid(record)


def test_a_card_that_disappears_during_a_run_ends_it(resident: Resident, simulate: Simulate) -> None:
    simulate(T4, lost_at=40)
    record = execute("text_generation", {"device": "cuda", "source": "embedded"}, SilentProgress(), resident).record
    assert (record["state"], record["error"]["kind"]) == ("failed", "device_lost")
    assert_valid(record)


def test_after_a_failure_that_the_card_survives_the_model_is_released(
    resident: Resident, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = simulate(T4)
    resident.get("model", lambda: torch.zeros(2**20, device="cuda"))
    monkeypatch.setattr(runtime_run, "run", failing_with(torch.OutOfMemoryError("CUDA out of memory.")))
    record = execute("runtime", {"device": "cuda"}, SilentProgress(), resident).record
    assert record["error"]["kind"] == "out_of_memory"
    assert driver.devices[0].reserved_bytes == 0


def test_a_model_on_a_card_that_was_lost_unnoticed_gives_the_process_up(
    resident: Resident, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = simulate(T4)
    resident.get("model", lambda: torch.zeros(2**20, device="cuda"))
    driver.is_lost = True
    monkeypatch.setattr(runtime_run, "run", failing_with(ZeroDivisionError("division by zero")))
    record = execute("runtime", {"device": "cpu"}, SilentProgress(), resident).record
    assert record["error"]["kind"] == "device_lost"
    assert "held the model of an earlier run" in record["error"]["message"]


def test_a_full_card_says_what_was_asked_and_free(resident: Resident, simulate: Simulate) -> None:
    driver = simulate(T4)
    driver.devices[0].foreign_bytes = T4.memory_bytes - T4.context_bytes - 4 * 2**20
    settings = {"model": "stable-diffusion-1.5", "device": "cuda", "source": "embedded"}
    record = execute("load_model", settings, SilentProgress(), resident).record
    assert record["error"]["kind"] == "out_of_memory" and "more, and" in record["error"]["message"]
    assert driver.devices[0].allocated_bytes == 0
