import random
from typing import Any

import pytest

from core.labs.text_generation.run import PROFILED_TOKENS, TokenWatch
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import Outcome, execute
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "max_new_tokens": 12}


def generate(resident: Resident, progress: Any = None, **settings: Any) -> Outcome:
    return execute("text_generation", SETTINGS | settings, progress or SilentProgress(), resident)


def test_three_repeats_are_timed_and_the_first_is_cold(resident: Resident, watcher: Watcher) -> None:
    record = generate(resident, watcher).record
    assert_valid(record)
    assert [repeat["is_first"] for repeat in record["repeats"]] == [True, False, False]
    for repeat in record["repeats"]:
        assert repeat["tokens"] == 12
        decode_s = 11 / repeat["tokens_per_s"]
        assert repeat["time_to_first_token_s"] + decode_s <= repeat["wall_s"]
    assert watcher.landed_s == [repeat["wall_s"] for repeat in record["repeats"]]


def test_the_load_is_told_in_stages_with_memory_before_and_after(resident: Resident) -> None:
    record = generate(resident, repeats=1).record
    assert [stage["name"] for stage in record["stages"]] == [
        "Importing the libraries",
        "Finding the weights",
        "Reading the tokenizer",
        "Reading the weights",
        "Moving the model to cpu",
        "Reading the prompt",
        "Writing the other tokens",
        "Looking where the time goes",
    ]
    for border in ("baseline", "load_peak", "after_load", "peak", "after_run"):
        assert record["memory"][border]["process_rss_bytes"] > 0
    assert record["memory"]["freed_reason"]


def test_the_model_is_counted_and_names_its_source(resident: Resident) -> None:
    model = generate(resident, repeats=1).record["model"]
    assert model["parameters"] == sum(part["parameters"] for part in model["components"]) > 100_000
    assert model["weights_bytes"] == 4 * model["parameters"]
    assert (model["id"], model["source"], model["dtype"]) == ("qwen3-0.6b", "embedded", "float32")


def test_the_second_run_reuses_the_model_and_says_so(resident: Resident) -> None:
    generate(resident, repeats=1)
    record = generate(resident, repeats=1).record
    assert record["model"]["reused"] is True
    assert record["memory"]["baseline"] is None and "already loaded" in record["memory"]["baseline_reason"]
    assert "Reading the weights" not in [stage["name"] for stage in record["stages"]]
    assert any("still loaded" in note for note in record["notes"])
    assert_valid(record)


def test_a_seed_gives_the_same_text_again_and_no_seed_gives_others(resident: Resident) -> None:
    random.seed(0)
    fixed = generate(resident, seed=5).record["repeats"]
    assert len({repeat["text"] for repeat in fixed}) == 1
    assert [repeat["seed"] for repeat in fixed] == [5, 5, 5]
    free = generate(resident).record["repeats"]
    assert len({repeat["seed"] for repeat in free}) == 3
    assert len({repeat["text"] for repeat in free}) > 1


def test_text_is_streamed_in_the_cold_repeat_only(resident: Resident) -> None:
    watcher = Watcher()
    record = generate(resident, watcher, max_new_tokens=4).record
    cold = [report for report in watcher.seen if report[0] == "Repeat 1 of 3"]
    assert watcher.texts and len(watcher.texts) <= len(cold)
    assert watcher.texts[0].startswith("Once upon a time")
    assert watcher.texts[-1] == record["outputs"]["text"]  # told once more when the pass is over, so that it is whole


def test_the_limit_by_the_first_reading_is_told_before_the_first_repeat(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    class Limited(Watcher):
        def limit(self, steps_per_s: float) -> None:
            super().limit(steps_per_s)
            seen.append(len(self.landed_s))

    monkeypatch.setattr("core.measure.limits.last_cache_bytes", lambda device: 1000)
    watcher = Limited()
    record = generate(resident, watcher, max_new_tokens=4).record
    assert seen == [0, 3] and watcher.limits[-1] == record["limit"]["value"] >= watcher.limits[0] > 0


def test_progress_counts_the_tokens_of_the_whole_run(resident: Resident, watcher: Watcher) -> None:
    generate(resident, watcher, repeats=2, max_new_tokens=3)
    counted = [(step, steps) for stage, step, steps in watcher.seen if stage.startswith("Repeat")]
    assert counted == [(0, 6), (1, 6), (2, 6), (3, 6), (3, 6), (3, 6), (4, 6), (5, 6), (6, 6)]


def test_random_weights_show_no_text_and_say_why(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.models.checkpoint import checkpoint
    from core.runs import loading

    monkeypatch.setattr(loading, "checkpoint", lambda name, source, progress: checkpoint(name, "embedded", progress))
    monkeypatch.setattr("core.runs.planning._no_room", lambda *arguments: (None, None))
    watcher = Watcher()
    record = generate(resident, watcher, source="dummy").record
    assert record["outputs"]["text"] is None and "random weights" in record["outputs"]["text_reason"]
    assert all("text" not in repeat for repeat in record["repeats"])
    assert watcher.texts == []


def test_cancel_stops_at_the_next_token_and_keeps_what_was_measured(resident: Resident) -> None:
    watcher = Watcher(lambda seen: seen.step >= 15)
    record = generate(resident, watcher).record
    assert record["state"] == "cancelled"
    assert watcher.step == 15
    assert len(record["repeats"]) == 1
    assert record["memory"]["after_run"]["process_rss_bytes"] > 0
    assert_valid(record)


def test_a_cancelled_model_serves_the_next_run(resident: Resident) -> None:
    generate(resident, Watcher(lambda seen: seen.step >= 2))
    record = generate(resident, repeats=1).record
    assert (record["state"], record["model"]["reused"]) == ("finished", True)


def test_the_rate_leaves_the_first_token_out() -> None:
    watch = TokenWatch(SilentProgress(), "Repeat 1 of 1", 0, 5)
    watch.stamps_ns = [3_000_000_000, 3_500_000_000, 4_000_000_000]
    found = watch.figures(start_ns=1_000_000_000)
    assert (found["tokens"], found["time_to_first_token_s"], found["tokens_per_s"]) == (3, 2.0, 2.0)
    assert found["token_s"] == [0.5, 0.5]


def test_one_more_pass_is_profiled_without_the_prompts(resident: Resident) -> None:
    record = generate(resident, repeats=1).record
    assert len(record["repeats"]) == 1
    profile = record["profile"]
    assert profile["of"] == "8 tokens" and 0 < profile["products_s"] <= profile["busy_s"] <= profile["wall_s"]
    assert all(each["calls"] >= PROFILED_TOKENS for each in profile["top"])


def test_every_tokens_time_is_kept_and_what_watching_cost(resident: Resident) -> None:
    repeat = generate(resident, repeats=1).record["repeats"][0]
    assert len(repeat["token_s"]) == repeat["tokens"] - 1
    assert repeat["time_to_first_token_s"] + sum(repeat["token_s"]) <= repeat["wall_s"]
    assert 0 < repeat["observer_s"] < 0.5 * repeat["wall_s"]


def test_one_token_has_no_rate_and_says_why(resident: Resident) -> None:
    repeat = generate(resident, repeats=1, max_new_tokens=1).record["repeats"][0]
    assert repeat["tokens_per_s"] is None and repeat["tokens_per_s_reason"]


def test_greedy_decoding_runs_too(resident: Resident) -> None:
    repeats = generate(resident, do_sample=False).record["repeats"]
    assert len({repeat["text"] for repeat in repeats}) == 1


def test_a_twin_has_no_limit_by_memory_and_the_record_says_why(resident: Resident) -> None:
    record = generate(resident, repeats=1).record
    assert record["limit"] is None and "cache" in record["limit_reason"]


def test_the_limit_stands_in_the_record_with_how_it_was_found(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.measure.limits.last_cache_bytes", lambda device: 1)
    record = generate(resident).record
    assert_valid(record)
    limit = record["limit"]
    assert (limit["kind"], limit["unit"], len(limit["read_bytes_per_s_around"])) == ("bandwidth", "tokens/s", 2)
    assert limit["bytes_per_token"] > record["model"]["weights_bytes"] and "per token" in limit["basis"]
    assert "limit_reason" not in record


def test_a_rate_above_the_limit_is_flagged(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.measure.limits.last_cache_bytes", lambda device: 1)
    monkeypatch.setattr("core.labs.text_generation.run.read_bandwidth", lambda model: 1000.0)
    record = generate(resident).record
    assert any("above the limit" in note for note in record["notes"]) and record["state"] == "finished"
