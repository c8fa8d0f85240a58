import time
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.errors import OutOfMemory, RunCancelled
from core.measure.progress import SilentProgress
from core.measure.recorder import Recorder
from tests.core.measure.machines import COLAB, LAPTOP
from tests.core.measure.run_schema import SCHEMA, VALIDATOR, assert_valid


class Cancelled(SilentProgress):
    def check(self) -> None:
        raise RunCancelled("You stopped this run.")


class Landed(SilentProgress):
    def __init__(self) -> None:
        self.times_s: list[float] = []

    def landed(self, wall_s: float) -> None:
        self.times_s.append(wall_s)


def recorder(**given: Any) -> Recorder:
    return Recorder("text_generation", {"device": "cpu"}, device="cpu", machine=LAPTOP, **given)


def test_the_schema_itself_is_valid() -> None:
    assert list(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(SCHEMA)) == []


def test_an_empty_record_is_valid_and_says_what_is_missing() -> None:
    record = recorder().finish("finished")
    assert_valid(record)
    assert record["memory"]["after_run"] is None
    assert record["memory"]["after_run_reason"] == "the run did not get that far"


def test_stages_follow_each_other_and_keep_their_times() -> None:
    run = recorder()
    run.begin_stage("one")
    time.sleep(0.02)
    run.begin_stage("two")
    run.end_stage()
    names = [stage["name"] for stage in run.record["stages"]]
    assert names == ["one", "two"]
    assert run.record["stages"][0]["wall_s"] >= 0.02


def test_a_stage_that_was_cut_short_is_kept_and_marked() -> None:
    run = recorder()
    run.begin_stage("Reading the weights")
    record = run.finish("failed", OutOfMemory("too large", "take a smaller one"))
    assert record["stages"][0]["is_complete"] is False
    assert record["error"] == {"kind": "out_of_memory", "message": "too large", "remedy": "take a smaller one"}
    assert_valid(record)


def test_a_cancel_is_obeyed_before_the_next_stage() -> None:
    run = recorder(progress=Cancelled())
    with pytest.raises(RunCancelled):
        run.begin_stage("Reading the weights")
    assert run.record["stages"] == []


def test_only_the_first_repeat_is_cold_and_each_is_announced() -> None:
    progress = Landed()
    run = recorder(progress=progress)
    for tokens in (5, 6):
        with run.clock.measure() as timing:
            time.sleep(0.002)
        run.repeat(timing, tokens=tokens)
    record = run.finish("finished")
    assert [(r["index"], r["is_first"], r["tokens"]) for r in record["repeats"]] == [(0, True, 5), (1, False, 6)]
    assert progress.times_s == [r["wall_s"] for r in record["repeats"]]
    assert record["repeats"][0]["device_s"] is None and record["repeats"][0]["device_s_reason"]
    assert_valid(record)


def test_a_border_replaces_its_reason_and_joins_the_timeline() -> None:
    run = recorder()
    run.read("baseline")
    run.meters.reset_peaks()
    run.read("peak")
    record = run.finish("finished")
    assert record["memory"]["baseline"]["process_rss_bytes"] > 0
    assert "baseline_reason" not in record["memory"]
    assert len(record["memory"]["timeline"]) == 1
    assert_valid(record)


def test_a_border_can_be_left_out_with_a_reason() -> None:
    run = recorder()
    run.leave_out("freed", "the lab keeps the model loaded")
    assert run.record["memory"]["freed_reason"] == "the lab keeps the model loaded"


def test_the_last_model_added_is_the_main_one() -> None:
    run = recorder()
    run.add_model({"id": "yolov8n-seg"})
    run.add_model({"id": "sdxl-inpainting"})
    assert run.record["model"]["id"] == "sdxl-inpainting"
    assert [model["id"] for model in run.record["models"]] == ["yolov8n-seg", "sdxl-inpainting"]


def test_the_device_carries_its_name() -> None:
    on_gpu = Recorder("text_generation", {}, device="cuda", machine=COLAB).record
    assert on_gpu["device"] == {"type": "cuda", "name": "Tesla T4", "index": 0}
    assert recorder().record["device"] == {"type": "cpu", "name": "Test CPU", "index": None}


def test_notes_are_kept_once() -> None:
    run = recorder()
    run.note("Still loaded.")
    run.note("Still loaded.")
    assert run.record["notes"] == ["Still loaded."]


def test_the_schema_refuses_a_figure_that_is_missing_without_a_reason() -> None:
    run = recorder()
    run.read("baseline")
    record = run.finish("finished")
    del record["memory"]["baseline"]["device_used_bytes_reason"]
    assert not VALIDATOR.is_valid(record)


def test_a_lab_of_several_variants_says_itself_which_pass_is_cold() -> None:
    record = recorder()
    with record.clock.measure() as timing:
        time.sleep(0.001)
    told = [record.repeat(timing, is_first=first)["is_first"] for first in (True, False, True)]
    assert told == [True, False, True]


def test_the_peak_of_a_run_is_the_highest_of_its_parts() -> None:
    record = recorder()
    record.meters.reset_peaks()
    first = record.raise_peak()["process_rss_bytes"]
    assert isinstance(first, int)
    record.record["memory"]["peak"]["process_rss_bytes"] = 10 * first
    record.raise_peak()
    assert record.record["memory"]["peak"]["process_rss_bytes"] == 10 * first


class Told(SilentProgress):
    def __init__(self) -> None:
        self.memories: list[dict[str, Any]] = []
        self.limits: list[float] = []
        self.rates: list[float] = []

    def memory(self, facts: dict[str, Any]) -> None:
        self.memories.append(facts)

    def limit(self, steps_per_s: float) -> None:
        self.limits.append(steps_per_s)

    def rate(self, per_s: float) -> None:
        self.rates.append(per_s)


def test_readings_that_are_taken_anyway_are_told_and_one_more_after_every_repeat() -> None:
    subject = recorder(progress=(told := Told()))
    subject.read("baseline")
    time.sleep(0.11)
    with subject.clock.measure() as timing:
        assert len(told.memories) == 1
    subject.repeat(timing)
    assert len(told.memories) == len(subject.record["memory"]["timeline"]) == 2
    first, last = told.memories
    assert first["before"] is None and last["before"] == first["now"] > 0
    assert (last["meter"], last["device"]) == ("process_rss", LAPTOP.ram_bytes)


@pytest.mark.parametrize(
    ("limit", "steps_per_s"),
    [
        ({"value": 14.2, "unit": "tokens/s"}, 14.2),
        ({"value": 0.5, "unit": "s/evaluation"}, 2.0),
        ({"value": 0.5, "unit": "s/batch", "images": 8}, 16.0),
    ],
)
def test_a_limit_is_told_as_steps_per_second(limit: dict[str, Any], steps_per_s: float) -> None:
    subject = recorder(progress=(told := Told()))
    subject.limit("the weights fit into the cache")
    subject.limit(limit)
    assert told.limits == [steps_per_s]


def test_pictures_per_second_of_a_batch_are_told() -> None:
    subject = recorder(progress=(told := Told()))
    with subject.clock.measure() as timing:
        pass
    subject.repeat(timing, images_per_s=42.0)
    subject.repeat(timing)
    assert told.rates == [42.0]
