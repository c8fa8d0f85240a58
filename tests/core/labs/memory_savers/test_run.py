"""The memory savers' lab on the twin: what is measured, what stays in the record with a reason, and the search."""

import json
import subprocess
import sys
from typing import Any

import pytest
import torch

from core.config import ROOT
from core.errors import RunCancelled
from core.labs.memory_savers import program, search
from core.labs.memory_savers.run import NEEDS_GPU
from core.labs.memory_savers.search import ENDED, SearchFailed, largest
from core.labs.memory_savers.settings import TITLES, Settings
from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs.execution import execute
from core.runs.png import describe
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

Record = dict[str, Any]
SETTINGS: Record = {"source": "embedded", "device": "cpu", "side": 128, "num_inference_steps": 1}
CHOSEN = ["half_precision", "vae_slicing", "attention_slicing", "int8_unet", "model_offload", "together"]
TWIN = CATALOG["stable-diffusion-1.5"].twin_parameters
MIB = 2**20


def variants_of(record: Record) -> dict[str, Record]:
    return {each["name"]: each for each in record["outputs"]["variants"]}


@pytest.fixture(scope="module")
def outcome() -> Any:
    return execute("memory_savers", SETTINGS | {"savers": CHOSEN}, SilentProgress(), Resident())


@pytest.fixture(scope="module")
def found(outcome: Any) -> dict[str, Record]:
    return variants_of(outcome.record)


def test_the_record_is_valid_and_names_every_saver_in_order(outcome: Any) -> None:
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    assert list(variants_of(outcome.record)) == [name for name in TITLES if name in ("plain", *CHOSEN)]


def test_every_saver_has_a_cold_and_a_warm_repeat(outcome: Any, found: dict[str, Record]) -> None:
    told = [(each["settings"]["saver"], each["is_first"]) for each in outcome.record["repeats"]]
    measured = [name for name, each in found.items() if each["is_available"]]
    assert told == [(name, is_first) for name in measured for is_first in (True, False)]


def test_half_precision_halves_the_weights_to_the_byte(found: dict[str, Record]) -> None:
    integers = 8 * 48  # the text encoder's positions, which are no floating-point numbers
    assert found["plain"]["weights_bytes"] - integers == 4 * TWIN
    assert found["half_precision"]["weights_bytes"] - integers == 2 * TWIN
    assert found["half_precision"]["weights_bytes"] == found["together"]["weights_bytes"]
    assert found["int8_unet"]["weights_bytes"] < found["plain"]["weights_bytes"]


def test_the_order_of_the_work_changes_no_pixel_and_fewer_bits_do(found: dict[str, Record]) -> None:
    assert found["plain"]["pixel_distance"] == 0
    assert found["vae_slicing"]["pixel_distance"] < 0.01  # rounding: the decoder's batch is another
    assert found["attention_slicing"]["pixel_distance"] < 0.1
    assert 0 < found["half_precision"]["pixel_distance"] < 20


def test_times_are_multiples_of_the_plain_programs(found: dict[str, Record]) -> None:
    plain_s = found["plain"]["wall_s"]
    measured = [each for each in found.values() if each["is_available"]]
    assert all(each["time_ratio"] == each["wall_s"] / plain_s for each in measured)


def test_an_offload_without_a_gpu_says_why_not(found: dict[str, Record]) -> None:
    assert found["model_offload"] == {
        "name": "model_offload",
        "title": "model offload",
        "is_available": False,
        "is_full": False,
        "reason": NEEDS_GPU,
    }


def test_every_picture_carries_its_saver(outcome: Any) -> None:
    assert [describe(picture.png)["variant"] for picture in outcome.pictures] == [
        each["settings"]["saver"] for each in outcome.record["repeats"] if each["is_first"]
    ]


def test_tiling_lowers_the_peak_of_a_large_picture() -> None:
    settings = SETTINGS | {"side": 512, "pictures": 1, "savers": ["vae_tiling"]}
    record = execute("memory_savers", settings, SilentProgress(), Resident()).record
    needed = {name: each["memory"]["needed_bytes"] for name, each in variants_of(record).items()}
    assert needed["vae_tiling"] < 0.8 * needed["plain"]


def test_memory_that_is_not_enough_is_a_result_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    real = program.draw

    def full(pipe: Any, *given: Any, **named: Any) -> Any:
        if not pipe.vae.use_slicing:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1048576 bytes.")
        return real(pipe, *given, **named)

    monkeypatch.setattr(program, "draw", full)
    record = execute("memory_savers", SETTINGS | {"savers": ["vae_slicing"]}, SilentProgress(), Resident()).record
    assert record["state"] == "finished"
    assert_valid(record)
    found = variants_of(record)
    assert (found["plain"]["is_available"], found["plain"]["is_full"]) == (False, True)
    assert "1.00 MiB" in found["plain"]["reason"]
    assert found["vae_slicing"]["is_available"] and found["vae_slicing"]["time_ratio"] is None


def test_any_other_failure_of_the_plain_program_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any, **named: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(program, "draw", broken)
    record = execute("memory_savers", SETTINGS | {"savers": []}, SilentProgress(), Resident()).record
    assert (record["state"], "a bug" in record["error"]["message"]) == ("failed", True)


def test_a_stopped_run_keeps_what_it_had() -> None:
    watcher = Watcher(lambda watcher: watcher.seen[-1:] != [] and "half precision" in watcher.seen[-1][0])
    record = execute("memory_savers", SETTINGS | {"savers": ["half_precision"]}, watcher, Resident()).record
    assert (record["state"], list(variants_of(record))) == ("cancelled", ["plain"])
    assert_valid(record)


def asked(**changes: Any) -> Record:
    weights = checkpoint("stable-diffusion-1.5", "embedded", SilentProgress())
    return {
        "path": weights.path,
        "saver": "plain",
        "device": "cpu",
        "variant": weights.variant,
        "prompt": "A city",
        "limit_bytes": 100 * MIB,
        "sides": [64, 512, 1024],
    } | changes


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process can be read and reset on Linux alone")
def test_the_search_ends_where_the_memory_does() -> None:
    told: list[str] = []
    found = largest(asked(), told.append, lambda: None)
    assert (found["largest_side"], found["refused_side"]) == (64, 512)
    assert found["refused_reason"].startswith("It needs ") and told == [
        "Trying 64 × 64 pixels",
        "Trying 512 × 512 pixels",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process can be read and reset on Linux alone")
def test_without_room_for_the_weights_nothing_fits() -> None:
    found = largest(asked(limit_bytes=MIB), lambda what: None, lambda: None)
    assert (found["largest_side"], found["refused_side"]) == (None, 64) and found["refused_reason"]


def test_a_process_that_ends_without_a_word_did_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    program_text = "import os, sys; print('{\"side\": 64}', flush=True); os.kill(os.getpid(), 9)"
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: real([sys.executable, "-c", program_text], **more))
    found = largest(asked(), lambda what: None, lambda: None)
    assert found == {"largest_side": 64, "refused_side": 512, "refused_reason": ENDED}


@pytest.mark.parametrize(
    ("ending", "told"), [('print(\'{"failed": "a bug"}\')', "a bug"), ("raise SystemExit(3)", "code 3")]
)
def test_a_search_that_fails_for_another_reason_says_so(
    monkeypatch: pytest.MonkeyPatch, ending: str, told: str
) -> None:
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: real([sys.executable, "-c", ending], **more))
    with pytest.raises(SearchFailed, match=told):
        largest(asked(), lambda what: None, lambda: None)


def test_weights_that_are_not_there_are_no_lack_of_memory() -> None:
    with pytest.raises(SearchFailed, match="unheard_of"):
        largest(asked(path="unheard_of"), lambda what: None, lambda: None)


def test_a_cancel_ends_the_search_and_its_process() -> None:
    def stop() -> None:
        raise RunCancelled("You stopped this run.", "Start it again when you like.")

    with pytest.raises(RunCancelled):
        largest(asked(), lambda what: None, stop)


def test_savers_come_in_order_with_the_plain_program_first() -> None:
    assert Settings(savers=("together", "vae_tiling")).savers == ("plain", "vae_tiling", "together")
    assert Settings(savers=()).savers == ("plain",)


def test_size_and_steps_follow_from_the_weights_and_the_device() -> None:
    chosen = {
        (source, device): Settings(source=source, device=device).settled()
        for source in ("embedded", "dummy")
        for device in ("cpu", "cuda")
    }
    assert {key: (each.side, each.num_inference_steps) for key, each in chosen.items()} == {
        ("embedded", "cpu"): (256, 4),
        ("embedded", "cuda"): (256, 4),
        ("dummy", "cpu"): (512, 1),
        ("dummy", "cuda"): (512, 20),
    }


def test_half_precision_is_the_one_that_a_device_computes_with() -> None:
    assert program.half_precision("cuda:1") == torch.float16 and program.half_precision("cpu") == torch.bfloat16


def test_the_search_is_a_program_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", search.SEARCH, json.dumps(asked(sides=[64], limit_bytes=2**40))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert (done.returncode, json.loads(done.stdout)) == (0, {"side": 64})
