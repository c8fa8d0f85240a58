import json
import subprocess
import sys
from typing import Any

import pytest

from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import execute
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu"}


def load(resident: Resident, progress: Any = None, **settings: Any) -> dict[str, Any]:
    return execute("load_model", SETTINGS | settings, progress or SilentProgress(), resident).record


def test_a_text_model_is_loaded_counted_and_let_go(resident: Resident) -> None:
    record = load(resident)
    assert_valid(record)
    names = [stage["name"] for stage in record["stages"]]
    assert names[1:] == [
        "Finding the weights",
        "Reading the tokenizer",
        "Reading the weights",
        "Moving the model to cpu",
    ]
    for border in ("baseline", "load_peak", "after_load", "freed"):
        assert record["memory"][border]["process_rss_bytes"] > 0
    assert record["memory"]["after_run_reason"]
    assert resident.description is None


@pytest.mark.parametrize(("model", "networks"), [("stable-diffusion-1.5", 3), ("sdxl-inpainting", 4)])
def test_a_pipeline_is_told_by_its_networks(resident: Resident, model: str, networks: int) -> None:
    record = load(resident, model=model)
    components = record["model"]["components"]
    assert len(components) == networks
    assert record["model"]["parameters"] == sum(part["parameters"] for part in components)
    assert record["model"]["weights_bytes"] == sum(part["bytes"] for part in components)
    assert_valid(record)


def test_half_precision_halves_the_bytes(resident: Resident) -> None:
    full, half = load(resident)["model"], load(resident, dtype="float16")["model"]
    assert half["parameters"] == full["parameters"]
    assert half["weights_bytes"] * 2 == full["weights_bytes"]


def test_repeated_loads_keep_their_own_stages_and_name_the_warm_ones(resident: Resident) -> None:
    record = load(resident, repeats=2)
    assert len(record["repeats"]) == 2
    reading = [stage for stage in record["stages"] if stage["name"] == "Reading the weights"]
    assert len(reading) == 1
    for repeat in record["repeats"]:
        assert sum(stage["wall_s"] for stage in repeat["stages"]) == pytest.approx(repeat["wall_s"], rel=0.1)
    assert record["notes"]
    assert_valid(record)


def test_what_was_loaded_before_is_let_go_first(resident: Resident) -> None:
    resident.get("another", lambda: object())
    load(resident)
    assert resident.description is None


def test_cancel_stops_before_the_next_stage(resident: Resident) -> None:
    watcher = Watcher(lambda seen: any(stage == "Reading the tokenizer" for stage, _, _ in seen.seen))
    record = load(resident, watcher)
    assert record["state"] == "cancelled"
    assert "Reading the weights" not in [stage["name"] for stage in record["stages"]]
    assert_valid(record)


@pytest.mark.gpu
def test_a_fresh_process_reads_the_gpu_before_and_after_the_load() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    command = [sys.executable, "-m", "core", "run", "load_model", "--device", "cuda", "--source", "embedded", "--json"]
    record = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert_valid(record)
    memory, weights_bytes = record["memory"], record["model"]["weights_bytes"]
    assert record["fresh_process"] is True
    assert memory["baseline"]["allocated_bytes"] is None
    assert memory["after_load"]["allocated_bytes"] >= weights_bytes
    assert memory["after_load"]["device_used_bytes"] - memory["baseline"]["device_used_bytes"] > weights_bytes
    assert memory["freed"]["allocated_bytes"] < weights_bytes


@pytest.mark.full_size
def test_the_full_size_model_takes_its_weights_of_ram(resident: Resident) -> None:
    # In the file's own precision (bfloat16) pages of the file count only once they are touched: 0.6 of 1.1 GiB.
    record = load(resident, source="dummy", dtype="float32")
    assert record["model"]["parameters"] == 596_049_920
    memory = record["memory"]
    grown = memory["after_load"]["process_rss_bytes"] - memory["baseline"]["process_rss_bytes"]
    assert grown / 2**30 == pytest.approx(2.22, rel=0.15)
    freed = memory["after_load"]["process_rss_bytes"] - memory["freed"]["process_rss_bytes"]
    assert freed > 0.8 * grown
