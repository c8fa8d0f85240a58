"""The fine-tuning lab on the twin: what learns, what it leaves, and that nothing else of the app notices."""

import errno
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load

from core.errors import BadPicture, InvalidSettings
from core.labs.fine_tuning import program, results
from core.labs.fine_tuning import run as lab_run
from core.labs.fine_tuning.examples import check, examples
from core.labs.fine_tuning.settings import FOLLOWED, PROMPTS, TWIN_PROMPTS, Settings, captions_of, held_out
from core.measure.machine import this_machine
from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG, CLIP
from core.models.checkpoint import checkpoint
from core.models.judge import asked_for
from core.models.resident import Resident
from core.runs import loading
from core.runs.execution import execute
from core.runs.parsing import parse_settings
from core.runs.planning import plan
from core.runs.registry import LABS
from core.runs.twin_world import PICTURES, unknown_words
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

SMALL: dict[str, Any] = {"source": "embedded", "device": "cpu", "side": 64, "num_inference_steps": 1, "batch_size": 2}
DRAW: dict[str, Any] = {"source": "embedded", "device": "cpu", "num_inference_steps": 1, "repeats": 1, "seed": 3}


@pytest.fixture(scope="module")
def outcome() -> Any:
    return execute("fine_tuning", SMALL | {"steps": 6}, SilentProgress(), Resident())


@pytest.fixture(scope="module")
def ways(outcome: Any) -> dict[str, Any]:
    return {way["name"]: way for way in outcome.record["outputs"]["fine_tuning"]["ways"]}


def test_the_record_is_valid_and_has_both_ways(outcome: Any, ways: dict[str, Any]) -> None:
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    assert list(ways) == ["lora", "full"]
    assert [repeat["settings"]["way"] for repeat in outcome.record["repeats"]] == ["lora", "full"]
    assert all(len(way["loss"]) == len(way["step_s"]) == way["steps"] == 6 for way in ways.values())


def test_what_is_counted_is_what_was_computed(ways: dict[str, Any]) -> None:
    for way in ways.values():
        counted, computed = way["memory"]["counted"], way["memory"]["computed"]
        assert counted["gradients"] == computed["gradients"] == 4 * way["parameters"]
        assert counted["moments"] == computed["moments"] == 8 * way["parameters"]
        assert 0.7 * computed["activations"] < counted["activations"] < 1.02 * computed["activations"]
    assert ways["full"]["parameters"] == 4_185_092 and ways["full"]["share"] == 1


def test_the_file_of_lora_holds_its_numbers_and_little_more(ways: dict[str, Any]) -> None:
    for way in ways.values():
        assert 4 * way["parameters"] < way["file_bytes"] < 4 * way["parameters"] + 100_000


def test_the_small_file_is_kept_with_the_run(outcome: Any, ways: dict[str, Any]) -> None:
    files = [each for each in outcome.pictures if each.role == "safetensors"]
    assert [each.details["file"] for each in files] == ["pytorch_lora_weights.safetensors"]
    assert len(files[0].png) == ways["lora"]["file_bytes"]
    numbers = sum(tensor.numel() for tensor in load(files[0].png).values())
    assert numbers == ways["lora"]["parameters"]


def test_both_ways_learn_from_the_same_start_and_the_loss_on_unseen_pictures_falls(ways: dict[str, Any]) -> None:
    first = {name: way["points"][0] for name, way in ways.items()}
    assert first["lora"] == first["full"] and first["lora"]["step"] == 0
    for way in ways.values():
        assert way["points"][-1]["step"] == 6
        assert way["change"]["mean"] < 0 and way["change"]["error"] > 0


def test_pictures_before_and_after_are_of_the_same_prompts(outcome: Any) -> None:
    made = [picture.details for picture in outcome.pictures if picture.role == "picture"]
    by_way = {way: [each["caption"] for each in made if each["way"] == way] for way in ("before", "lora", "full")}
    assert by_way["before"] == by_way["lora"] == by_way["full"] and len(by_way["full"]) == 3
    unseen = outcome.record["outputs"]["fine_tuning"]["captions"][-8:]
    assert set(by_way["before"][:2]) <= set(unseen)


def test_measures_are_what_the_record_holds(outcome: Any, ways: dict[str, Any]) -> None:
    measures = {name: LABS["fine_tuning"].measures[name].values(outcome.record) for name in ("full_over_weights",)}
    assert measures["full_over_weights"] == [4.0]
    ratio = LABS["fine_tuning"].measures["full_over_lora_file"].values(outcome.record)
    assert ratio == [ways["full"]["file_bytes"] / ways["lora"]["file_bytes"]]


def test_no_other_run_meets_changed_weights() -> None:
    """One worker: a picture, the lab in both ways, the picture again; and the lab's own model starts anew."""
    resident = Resident(share=0.5)
    before = execute("text_to_image", DRAW, SilentProgress(), resident)
    execute("fine_tuning", SMALL | {"steps": 2}, SilentProgress(), resident)
    after = execute("text_to_image", DRAW, SilentProgress(), resident)
    assert after.record["model"]["reused"]
    assert pixels(before) == pixels(after)


def test_lora_leaves_the_model_loaded_as_it_was() -> None:
    resident = Resident(share=0.5)
    first, second = (
        execute("fine_tuning", SMALL | {"steps": 2, "ways": ["lora"]}, SilentProgress(), resident) for _ in range(2)
    )
    assert second.record["model"]["reused"] and not first.record["model"]["reused"]
    assert pixels(first) == pixels(second)
    found = [each.record["outputs"]["fine_tuning"]["ways"][0] for each in (first, second)]
    assert found[0]["loss"] == found[1]["loss"] and found[0]["points"] == found[1]["points"]


def pixels(outcome: Any) -> list[bytes]:
    return [Image.open(io.BytesIO(each.png)).tobytes() for each in outcome.pictures if each.role == "picture"]


@pytest.mark.parametrize("stage", ["Training: LoRA", "Training: All weights"])
def test_a_stop_in_mid_training_keeps_what_was_measured_and_the_next_run_is_as_ever(stage: str, outcome: Any) -> None:
    resident = Resident(share=0.5)
    watcher = Watcher(lambda seen: bool(seen.seen) and seen.seen[-1][0] == stage and seen.seen[-1][1] % 6 >= 2)
    stopped = execute("fine_tuning", SMALL | {"steps": 6}, watcher, resident)
    assert stopped.record["state"] == "cancelled"
    assert_valid(stopped.record)
    assert len(stopped.record["outputs"]["fine_tuning"]["ways"]) == (stage != "Training: LoRA")
    again = execute("fine_tuning", SMALL | {"steps": 6}, SilentProgress(), resident)
    assert pixels(again) == pixels(outcome)


def test_a_learning_rate_that_is_too_high_is_told() -> None:
    found = execute(
        "fine_tuning", SMALL | {"steps": 40, "ways": ["full"], "full_learning_rate": 1.0}, SilentProgress(), Resident()
    ).record
    way = found["outputs"]["fine_tuning"]["ways"][0]
    assert found["state"] == "finished"
    if way["stopped"] == "diverged":
        assert any("learning rate of 1 is too high" in note for note in found["notes"])
    else:
        assert way["change"]["mean"] > 0


def test_the_time_limit_ends_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {"steps": 5000, "time_limit_s": 2, "ways": ["lora"]}
    found = execute("fine_tuning", SMALL | chosen, SilentProgress(), Resident()).record
    way = found["outputs"]["fine_tuning"]["ways"][0]
    assert found["state"] == "finished" and way["stopped"] == "time" and way["steps"] < 5000
    assert way["points"][-1]["step"] == way["steps"]
    assert any("then its time of 2 s was over" in note for note in found["notes"])


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), SafetensorError("No space left")])
def test_a_full_disk_costs_the_file_alone(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(unet: Any, folder: str) -> None:
        raise error

    monkeypatch.setattr(results.program, "save_lora", fail)
    found = execute("fine_tuning", SMALL | {"steps": 1, "ways": ["lora"]}, SilentProgress(), Resident()).record
    way = found["outputs"]["fine_tuning"]["ways"][0]
    assert found["state"] == "finished" and way["file_bytes"] is None
    assert any("LoRA was not written: the disk is full" in note for note in found["notes"])


def test_own_pictures_are_taken_with_their_captions() -> None:
    strip, captions = Image.new("RGB", (5 * 64, 64), (20, 90, 160)), "\n".join(f"Thing {n}, flat" for n in range(5))
    settings = Settings(source="embedded", picture="upload:" + "0" * 32, captions=captions)
    given = examples(settings, strip)
    assert len(given.pictures) == 5 and given.captions == captions.split("\n") and given.held_out == 1
    with pytest.raises(BadPicture, match="There are 4 pictures and 5 captions"):
        examples(settings, strip.crop((0, 0, 256, 64)))


@pytest.mark.parametrize(
    ("captions", "told"),
    [("one", "and there are 1"), ("a\nb\n\nc", "and there are 3"), ("a\nb\nc\n" + "x" * 201, "at most 200")],
)
def test_captions_that_cannot_be_are_refused(captions: str, told: str) -> None:
    with pytest.raises(InvalidSettings, match=told):
        parse_settings(LABS["fine_tuning"], {"picture": "upload:" + "0" * 32, "captions": captions})


def test_what_is_shipped_fits_together() -> None:
    given = examples(Settings(source="embedded"), None)
    assert len(given.pictures) == 32 and given.held_out == held_out(32) == 8
    assert {picture.size for picture in given.pictures} == {(128, 128)}
    few = examples(Settings(source="dummy", device="cpu"), None)
    assert (len(few.pictures), few.held_out) == (6, 1)
    check(3, 3)
    assert captions_of(" a \n\n b") == ["a", "b"]


def test_the_program_cuts_as_the_lab_does() -> None:
    strip = Image.new("RGB", (130, 32))
    assert [picture.size for picture in program.cut(strip)] == [(32, 32)] * 4


def test_files_are_gone_from_the_cache(labs_cache: Path, outcome: Any) -> None:
    assert not list(labs_cache.glob("tmp*")) and torch.is_grad_enabled()


def test_the_same_six_prompts_are_scored_before_and_after_each_way(outcome: Any) -> None:
    scores = outcome.record["outputs"]["fine_tuning"]["scores"]
    assert scores["by"] == "judge" and scores["prompts"] == list(TWIN_PROMPTS)
    assert [state["name"] for state in scores["states"]] == ["before", "lora", "full"]
    first, lora, _ = (state["scores"] for state in scores["states"])
    assert all(0 <= each <= 100 for state in scores["states"] for each in state["scores"])
    assert lora != first
    change = scores["states"][1]["change"]
    assert change["mean"] == pytest.approx(sum(lora) / 6 - sum(first) / 6)
    assert min(b - a for a, b in zip(first, lora, strict=True)) <= change["low"] <= change["mean"] <= change["high"]
    assert LABS["fine_tuning"].measures["lora_score_width"].values(outcome.record) == [change["high"] - change["low"]]
    assert [model["id"] for model in outcome.record["models"]] == ["clip-vit-base-patch16", "stable-diffusion-1.5"]


def test_scored_pictures_are_kept_with_their_prompt_and_score(outcome: Any) -> None:
    kept = [picture.details for picture in outcome.pictures if picture.role == "scored"]
    states = outcome.record["outputs"]["fine_tuning"]["scores"]["states"]
    assert [each["score"] for each in kept] == [score for state in states for score in state["scores"]]
    assert [each["caption"] for each in kept] == 3 * list(TWIN_PROMPTS)


def test_a_run_can_do_without_scores() -> None:
    chosen = SMALL | {"steps": 1, "ways": ["lora"], "clip_score": "no"}
    found = execute("fine_tuning", chosen, SilentProgress(), Resident())
    assert "scores" not in found.record["outputs"]["fine_tuning"] and len(found.record["models"]) == 1
    assert {picture.role for picture in found.pictures} == {"examples", "picture", "safetensors"}
    assert LABS["fine_tuning"].measures["lora_score_width"].values(found.record) == []


def test_what_scores_is_planned_for_where_it_is_asked_for() -> None:
    lab, machine = LABS["fine_tuning"], this_machine()
    twin, full, asked = (
        plan(lab, parse_settings(lab, values), machine)
        for values in ({"source": "embedded"}, {"source": "dummy"}, {"source": "dummy", "clip_score": "yes"})
    )
    assert (twin.settings.clip_score, full.settings.clip_score) == ("yes", "no")  # type: ignore[attr-defined]
    judge, clip = 159_279, 149_620_737
    assert twin.parameters == CATALOG["stable-diffusion-1.5"].twin_parameters + judge
    assert (asked.parameters or 0) - (full.parameters or 0) == clip
    assert len({twin.workload, full.workload, asked.workload}) == 3


def test_the_twin_knows_every_word_of_its_prompts_and_none_names_the_style() -> None:
    assert not [word for prompt in TWIN_PROMPTS for word in unknown_words(PICTURES, prompt)]
    assert all(set(asked_for(prompt)) == {"scene", "time", "object", "style"} for prompt in TWIN_PROMPTS)
    assert not [prompt for prompt in (*TWIN_PROMPTS, *PROMPTS) if "blueprint" in prompt]
    assert len(set(TWIN_PROMPTS)) == len(set(PROMPTS)) == 6


def test_the_loss_is_told_step_by_step_as_a_mean_of_the_latest() -> None:
    watcher = Watcher()
    found = execute("fine_tuning", SMALL | {"steps": 10, "clip_score": "no"}, watcher, Resident()).record
    lora, full = (way["loss"] for way in found["outputs"]["fine_tuning"]["ways"])
    assert {name for name, _, _ in watcher.values} == {FOLLOWED}
    assert [step for _, step, _ in watcher.values] == list(range(1, 21))
    assert watcher.values[0][2] == lora[0] and watcher.values[10][2] == full[0]
    assert watcher.values[9][2] == pytest.approx(sum(lora[2:]) / 8)


def test_random_weights_are_scored_by_clip_and_the_score_is_said_to_mean_nothing(
    clip_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of what a run of the full size does, with small networks in their places."""
    twin = checkpoint("stable-diffusion-1.5", "embedded", SilentProgress())
    small = replace(twin, path=str(clip_folder), source="dummy")
    monkeypatch.setattr(
        loading, "checkpoint", lambda name, *_: small if name == CLIP else replace(twin, source="dummy")
    )
    monkeypatch.setattr(loading, "check_room", lambda *_: None)
    monkeypatch.setattr(lab_run.Experiment, "_no_room", lambda *_: "")
    chosen = SMALL | {"source": "dummy", "steps": 1, "ways": ["lora"], "clip_score": "yes"}
    found = execute("fine_tuning", chosen, SilentProgress(), Resident()).record
    assert found["state"] == "finished", found["error"]
    assert_valid(found)
    scores = found["outputs"]["fine_tuning"]["scores"]
    assert scores["by"] == "clip" and scores["prompts"] == list(PROMPTS)
    assert all(0 <= score <= 100 for state in scores["states"] for score in state["scores"])
    assert lab_run.MEANS_NOTHING in found["notes"]
