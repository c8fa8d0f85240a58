"""The twin in every variant that is quick; compiling is replaced by a stand-in, except in one test."""

import importlib.util
from typing import Any

import pytest

from core.labs.optimisation import llama_process, program
from core.labs.optimisation.settings import TEXT, TITLES, Settings
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import Outcome, execute
from core.runs.parsing import parse_settings
from core.runs.registry import LABS
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

TWIN: dict[str, Any] = {"source": "embedded", "device": "cpu", "max_new_tokens": 6, "repeats": 2}
DRAWN = TWIN | {"model": "stable-diffusion-1.5", "num_inference_steps": 5}
needs_engine = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in llama_process.NEEDED),
    reason="llama.cpp is not installed: make engines",
)


def measure(resident: Resident, progress: Any = None, **settings: Any) -> Outcome:
    return execute("optimisation", TWIN | settings, progress or SilentProgress(), resident)


def draw(resident: Resident, progress: Any = None, **settings: Any) -> Outcome:
    return execute("optimisation", DRAWN | settings, progress or SilentProgress(), resident)


def variants(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in outcome.record["outputs"]["variants"]}


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "compile_step", lambda model, mode=None: model)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_process, "NEEDED", ("llama_cpp_that_nobody_has",))


def test_every_variant_is_measured_or_says_why_not(resident: Resident, no_compiler: None, no_engine: None) -> None:
    outcome = measure(resident)
    assert_valid(outcome.record)
    found = variants(outcome)
    assert list(found) == list(TEXT)
    assert [name for name, entry in found.items() if entry["is_available"]] == ["eager", "sdpa", "compiled_static"]
    assert "CPU" in found["cuda_graphs"]["reason"] and "make engines" in found["llama_cpp"]["reason"]


def test_each_variant_has_its_own_cold_pass(resident: Resident) -> None:
    repeats = measure(resident, variants=["sdpa"]).record["repeats"]
    told = [(repeat["settings"]["variant"], repeat["is_first"], repeat["tokens"]) for repeat in repeats]
    assert told == [("eager", True, 6), ("eager", False, 6), ("sdpa", True, 6), ("sdpa", False, 6)]


def test_the_figures_of_a_variant_follow_from_its_warm_repeats(resident: Resident) -> None:
    outcome = measure(resident, variants=["sdpa"])
    eager, sdpa = (entry for entry in outcome.record["outputs"]["variants"])
    warm = [repeat for repeat in outcome.record["repeats"] if not repeat["is_first"]]
    assert [eager["wall_s"], sdpa["wall_s"]] == [repeat["wall_s"] for repeat in warm]
    assert eager["speedup"] == 1 and sdpa["speedup"] == sdpa["tokens_per_s"] / eager["tokens_per_s"]
    assert eager["compile_s"] is None and eager["compile_s_reason"]
    assert sdpa["memory"]["needed_bytes"] >= outcome.record["model"]["weights_bytes"]


def test_other_ways_of_computing_write_the_same(resident: Resident, no_compiler: None) -> None:
    found = variants(measure(resident, variants=["sdpa", "compiled_static"], max_new_tokens=24))
    assert all(entry["same_output"] and entry["same_tokens"] == 24 for entry in found.values())


def test_the_cold_pass_less_a_warm_one_is_what_compiling_cost(resident: Resident, no_compiler: None) -> None:
    outcome = measure(resident, variants=["compiled_static"])
    cold, warm = [r["wall_s"] for r in outcome.record["repeats"] if r["settings"]["variant"] == "compiled_static"]
    assert variants(outcome)["compiled_static"]["compile_s"] == max(0, cold - warm)


def test_a_variant_that_fails_keeps_its_reason_and_the_others_go_on(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(model: Any, mode: Any = None) -> Any:
        raise RuntimeError("no working C++ compiler was found")

    monkeypatch.setattr(program, "compile_step", refuse)
    outcome = measure(resident, variants=["compiled_static", "cuda_graphs"])
    assert outcome.record["state"] == "finished"
    assert "no working C++ compiler" in variants(outcome)["compiled_static"]["reason"]
    assert_valid(outcome.record)


def test_where_eager_fails_the_run_fails(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> Any:
        raise RuntimeError("nothing to compare with")

    monkeypatch.setattr(program, "write", fail)
    assert measure(resident).record["state"] == "failed"


def test_cancel_stops_at_the_next_token_and_keeps_what_was_measured(resident: Resident) -> None:
    outcome = measure(resident, Watcher(lambda seen: seen.step >= 15), variants=["sdpa"])
    assert outcome.record["state"] == "cancelled"
    assert list(variants(outcome)) == ["eager"] and len(outcome.record["repeats"]) == 2
    assert_valid(outcome.record)


def test_the_model_is_as_it_was_and_serves_the_next_run(resident: Resident) -> None:
    first = measure(resident, variants=["sdpa"])
    again = measure(resident, variants=["sdpa"])
    assert again.record["model"]["reused"] and again.record["outputs"]["text"] == first.record["outputs"]["text"]


def test_the_share_of_the_limit_is_of_what_was_read_around_the_variant(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.measure.limits.last_cache_bytes", lambda device: 1)
    outcome = measure(resident, variants=["sdpa"])
    assert_valid(outcome.record)
    for entry in variants(outcome).values():
        assert entry["share_of_limit"] == entry["tokens_per_s"] / entry["limit"]["value"]
        assert len(entry["limit"]["read_bytes_per_s_around"]) == 3
    assert len(outcome.record["limit"]["read_bytes_per_s_around"]) == 6


@needs_engine
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_llama_cpp_writes_what_torch_writes(resident: Resident, dtype: str) -> None:
    outcome = measure(resident, variants=["llama_cpp"], max_new_tokens=16, dtype=dtype)
    assert_valid(outcome.record)
    entry = variants(outcome)["llama_cpp"]
    assert entry["is_available"], entry["reason"]
    assert entry["same_tokens"] >= (16 if dtype == "float32" else 4)


@needs_engine
def test_eight_bits_are_fewer_bytes_per_token(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.measure.limits.last_cache_bytes", lambda device: 1)
    found = variants(measure(resident, variants=["llama_cpp", "llama_cpp_q8"]))
    ratio = found["llama_cpp"]["limit"]["bytes_per_token"] / found["llama_cpp_q8"]["limit"]["bytes_per_token"]
    assert 3 < ratio < 4


@needs_engine
def test_an_engine_that_ends_is_a_reason(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_process, "ENGINE", "this")
    outcome = measure(resident, variants=["llama_cpp"])
    assert outcome.record["state"] == "finished" and not variants(outcome)["llama_cpp"]["is_available"]


@needs_engine
def test_a_cancel_ends_the_engine_too(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []
    close = llama_process.LlamaProcess.close

    def closed(self: llama_process.LlamaProcess) -> None:
        close(self)
        ended.append(self._process.poll())

    monkeypatch.setattr(llama_process.LlamaProcess, "close", closed)
    watcher = Watcher(lambda seen: bool(seen.seen) and seen.seen[-1][0].startswith("llama_cpp") and seen.step >= 14)
    outcome = measure(resident, watcher, variants=["llama_cpp"])
    assert outcome.record["state"] == "cancelled" and ended and ended[0] is not None


@needs_engine
def test_more_tokens_than_the_twins_attention_sees_are_refused_for_the_engine(resident: Resident) -> None:
    outcome = measure(resident, variants=["llama_cpp"], max_new_tokens=250)
    assert "256 tokens" in variants(outcome)["llama_cpp"]["reason"]


def test_pictures_are_compared_by_time_and_pixels(resident: Resident) -> None:
    outcome = draw(resident, variants=["channels_last", "better_scheduler"])
    assert_valid(outcome.record)
    found = variants(outcome)
    eager, better = found["eager"], found["better_scheduler"]
    assert (eager["evaluations"], better["evaluations"], better["num_inference_steps"]) == (6, 2, 2)
    assert better["speedup"] == eager["wall_s"] / better["wall_s"] and better["pixel_distance"] > 0
    assert found["channels_last"]["pixel_distance"] < 1
    assert eager["share_of_limit"] == eager["limit"]["value"] / eager["seconds_per_evaluation"]
    assert [picture.details["variant"] for picture in outcome.pictures] == list(found)


def test_the_pipeline_is_as_it_was_after_every_variant(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(pipe: Any) -> None:
        program.to_channels_last(pipe)
        raise RuntimeError("this backend refuses")

    monkeypatch.setitem(draw_changes(), "compiled_unet", compiled)
    first = draw(resident)
    assert "this backend refuses" in variants(first)["compiled_unet"]["reason"]
    again = draw(resident, variants=["channels_last"])
    assert again.pictures[0].details["pixel_distance"] == 0 and again.record["model"]["reused"]
    assert [r["evaluations"] for r in again.record["repeats"]] == [6, 6, 6, 6]


def draw_changes() -> dict[str, Any]:
    from core.labs.optimisation.pictures import CHANGES

    return CHANGES


def test_cancel_stops_between_two_steps(resident: Resident) -> None:
    outcome = draw(resident, Watcher(lambda seen: seen.step >= 15), variants=["channels_last"])
    assert outcome.record["state"] == "cancelled" and len(outcome.record["repeats"]) == 2
    assert_valid(outcome.record)


def test_a_variant_of_the_other_model_is_refused_before_anything_runs() -> None:
    with pytest.raises(Exception, match="has no variant channels_last"):
        parse_settings(LABS["optimisation"], {"variants": ["channels_last"]})


@pytest.mark.parametrize("wrong", [{"repeats": 1}, {"repeats": 11}, {"max_new_tokens": 0}, {"num_inference_steps": 0}])
def test_absurd_values_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Exception, match="is not possible"):
        parse_settings(LABS["optimisation"], wrong)


def test_eager_is_always_measured_and_the_order_is_the_labs() -> None:
    assert Settings(variants=("llama_cpp", "sdpa")).chosen == ("eager", "sdpa", "llama_cpp")
    assert Settings(model="stable-diffusion-1.5").chosen == tuple(TITLES["stable-diffusion-1.5"])


def test_a_full_size_picture_on_a_cpu_takes_few_steps_unless_asked() -> None:
    drawn = Settings(model="stable-diffusion-1.5", device="cpu", source="dummy")
    assert drawn.settled().num_inference_steps == 5 and drawn.settled().fewer_steps == 2
    assert drawn.model_copy(update={"device": "cuda"}).settled().num_inference_steps == 50
    assert drawn.model_copy(update={"num_inference_steps": 30}).settled().fewer_steps == 12
