import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.labs.text_to_image import program
from core.labs.text_to_image.run import variants_of
from core.labs.text_to_image.settings import Settings
from core.measure.progress import SilentProgress
from core.models import random_checkpoint
from core.models.catalog import CATALOG
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs import loading
from core.runs.execution import Outcome, execute
from core.runs.png import describe, made_with
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid
from tests.core.models.test_dummy import write_small_configs

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "num_inference_steps": 5}


def draw(resident: Resident, progress: Any = None, **settings: Any) -> Outcome:
    return execute("text_to_image", SETTINGS | settings, progress or SilentProgress(), resident)


@pytest.fixture(scope="module")
def kept() -> Resident:
    """The twin, loaded once for this module."""
    return Resident()


def test_one_seed_twice_gives_one_picture_and_another_seed_another(kept: Resident) -> None:
    outcome = draw(kept, sweep="seed", sweep_values=[1, 1, 2])
    assert_valid(outcome.record)
    first, same, other = outcome.pictures
    assert [picture.role for picture in outcome.pictures] == ["picture"] * 3
    assert first.details["difference_to_first"] == same.details["difference_to_first"] == 0
    assert other.details["difference_to_first"] > 1
    assert [repeat["settings"] for repeat in outcome.record["repeats"]] == [{"seed": 1}, {"seed": 1}, {"seed": 2}]
    apart = [repeat["difference_to_first"] for repeat in outcome.record["repeats"]]
    assert apart == [picture.details["difference_to_first"] for picture in outcome.pictures]


def test_a_scheduler_that_evaluates_more_often_than_it_steps_is_counted(kept: Resident) -> None:
    record = draw(kept, seed=1).record
    repeat = record["repeats"][0]
    assert (repeat["num_inference_steps"], repeat["evaluations"]) == (5, 6)
    denoising = next(stage for stage in repeat["stages"] if stage["name"] == "Denoising")
    assert repeat["seconds_per_evaluation"] * 6 == pytest.approx(denoising["wall_s"])


@pytest.mark.parametrize("name", program.SCHEDULERS)
def test_another_scheduler_takes_other_steps_and_is_gone_after_the_run(kept: Resident, name: str) -> None:
    plain, other, again = (draw(kept, seed=1, scheduler=each) for each in ("own", name, "own"))
    assert_valid(other.record)
    assert other.record["repeats"][0]["evaluations"] == 5
    one, two, three = (Image.open(io.BytesIO(each.pictures[0].png)).tobytes() for each in (plain, other, again))
    assert one != two and one == three


def test_a_model_of_few_steps_keeps_its_scheduler() -> None:
    with pytest.raises(ValueError, match="no other scheduler than its own"):
        Settings(model="lcm-dreamshaper-v7", num_inference_steps=4, scheduler="euler")


def test_a_picture_is_told_in_stages_that_add_up(kept: Resident) -> None:
    repeat = draw(kept, seed=1).record["repeats"][0]
    names = [stage["name"] for stage in repeat["stages"]]
    assert names == ["Encoding the prompt", "Denoising", "Decoding the picture"]
    assert sum(stage["wall_s"] for stage in repeat["stages"]) == pytest.approx(repeat["wall_s"], rel=0.05)


def test_a_picture_stands_beside_the_limit_and_one_more_evaluation_is_profiled(kept: Resident) -> None:
    record = draw(kept, seed=1).record
    limit, profile = record["limit"], record["profile"]
    assert (limit["kind"], limit["unit"], len(limit["flops_per_s_around"])) == ("compute", "s/evaluation", 2)
    assert limit["value"] == pytest.approx(limit["flops"] / limit["flops_per_s"])
    assert profile["of"] == "1 evaluation" and profile["flops"] == limit["flops"]
    # Guidance evaluates the prompt and its opposite; without it there is half the work.
    assert draw(kept, seed=1, guidance_scale=1).record["limit"]["flops"] == limit["flops"] / 2
    assert_valid(record)


def test_every_step_has_its_time_and_they_add_up_to_the_denoising(kept: Resident) -> None:
    repeat = draw(kept, seed=1).record["repeats"][0]
    denoising = next(stage for stage in repeat["stages"] if stage["name"] == "Denoising")
    assert len(repeat["step_s"]) == repeat["evaluations"] == 6
    assert sum(repeat["step_s"]) == pytest.approx(denoising["wall_s"], rel=0.1)


def test_the_runs_stages_hold_the_sum_of_each_phase(kept: Resident) -> None:
    record = draw(kept, sweep="seed", sweep_values=[1, 2]).record
    denoising = [stage["wall_s"] for stage in record["stages"] if stage["name"] == "Denoising"]
    each = [
        stage["wall_s"] for repeat in record["repeats"] for stage in repeat["stages"] if stage["name"] == "Denoising"
    ]
    assert denoising == [pytest.approx(sum(each))] and len(each) == 2


def test_a_sweep_of_steps_measures_the_distance_to_the_last(kept: Resident) -> None:
    outcome = draw(kept, seed=3, sweep="num_inference_steps", sweep_values=[1, 2, 4])
    distances = [picture.details["distance_to_last"] for picture in outcome.pictures]
    assert distances[-1] == 0 and distances[0] > 0
    assert [repeat["distance_to_last"] for repeat in outcome.record["repeats"]] == distances
    assert {picture.details["seed"] for picture in outcome.pictures} == {3}
    assert [picture.details["num_inference_steps"] for picture in outcome.pictures] == [1, 2, 4]


def test_two_sweeps_draw_every_combination_each_with_its_time_and_memory(kept: Resident) -> None:
    grid = {"second_sweep": "guidance_scale", "second_sweep_values": [1, 7.5]}
    outcome = draw(kept, seed=3, sweep="num_inference_steps", sweep_values=[1, 4], **grid)
    assert_valid(outcome.record)
    changed = [repeat["settings"] for repeat in outcome.record["repeats"]]
    assert [tuple(each.values()) for each in changed] == [(1, 1.0), (1, 7.5), (4, 1.0), (4, 7.5)]
    assert list(changed[0]) == ["num_inference_steps", "guidance_scale"]
    assert len({picture.png for picture in outcome.pictures}) == 4
    peaks = [picture.details["peak_process_rss_bytes"] for picture in outcome.pictures]
    assert all(peak > 1e8 for peak in peaks)
    assert outcome.record["memory"]["peak"]["process_rss_bytes"] >= max(peaks)
    assert all(picture.details["second_sweep"] == "guidance_scale" for picture in outcome.pictures)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"second_sweep": "seed", "second_sweep_values": [1]}, "needs a sweep of another setting"),
        ({"sweep": "seed", "sweep_values": [1], "second_sweep": "seed", "second_sweep_values": [2]}, "another setting"),
        ({"sweep": "seed", "sweep_values": [1], "second_sweep": "num_inference_steps"}, "set both second_sweep"),
        (
            {
                "sweep": "seed",
                "sweep_values": list(range(8)),
                "second_sweep": "guidance_scale",
                "second_sweep_values": list(range(8)),
            },
            "64 pictures, and one run draws at most 36",
        ),
        (
            {
                "sweep": "seed",
                "sweep_values": [1],
                "second_sweep": "num_inference_steps",
                "second_sweep_values": [4, 0],
            },
            "num_inference_steps cannot be 0",
        ),
    ],
)
def test_a_grid_that_cannot_be_drawn_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Settings(**settings)


def test_a_model_of_few_steps_asks_its_unet_once_per_step(resident: Resident) -> None:
    few = {"model": "lcm-dreamshaper-v7", "num_inference_steps": 4}
    outcome = draw(resident, seed=1, **few)
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    teacher = draw(resident, seed=1, num_inference_steps=4).record
    assert (outcome.record["repeats"][0]["evaluations"], teacher["repeats"][0]["evaluations"]) == (4, 5)
    # With guidance its teacher's evaluations are of two: with the prompt and without.
    assert outcome.record["limit"]["flops"] == pytest.approx(teacher["limit"]["flops"] / 2, rel=0.01)


def test_guidance_costs_a_model_of_few_steps_nothing() -> None:
    few = [Settings(model="lcm-dreamshaper-v7", guidance_scale=scale).workload() for scale in (1, 7.5)]
    many = [Settings(guidance_scale=scale).workload() for scale in (1, 7.5)]
    assert few[0] == few[1] and many[0] != many[1]


@pytest.mark.parametrize(
    "given", [{"num_inference_steps": 51}, {"sweep": "num_inference_steps", "sweep_values": [4, 60]}]
)
def test_a_model_of_few_steps_takes_no_more_than_its_schedule_has(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at most 50 steps"):
        Settings(model="lcm-dreamshaper-v7", **given)


def test_a_picture_is_made_again_from_its_file(kept: Resident) -> None:
    outcome = draw(kept, sweep="seed", sweep_values=[8, 9], prompt="a small house")
    lab, settings = made_with(outcome.pictures[1].png)
    again = execute(lab, settings, SilentProgress(), kept)
    assert (again.record["settings"]["seed"], again.record["settings"]["sweep"]) == (9, None)
    one, other = (Image.open(io.BytesIO(each.pictures[-1].png)).tobytes() for each in (outcome, again))
    assert one == other


def test_a_sweep_without_a_seed_draws_one_and_keeps_it() -> None:
    variants = variants_of(Settings(sweep="guidance_scale", sweep_values=(1, 7.5, 100)))
    assert len({variant["seed"] for variant in variants}) == 1
    assert [variant["guidance_scale"] for variant in variants] == [1, 7.5, 100]


def test_repeats_without_a_sweep_draw_a_seed_each() -> None:
    assert len({variant["seed"] for variant in variants_of(Settings(repeats=5))}) == 5


def test_a_picture_carries_what_made_it(kept: Resident) -> None:
    outcome = draw(kept, seed=9, prompt="Ein Schloss am Meer", negative_prompt="fog")
    inside = describe(outcome.pictures[0].png)
    assert (inside["seed"], inside["prompt"], inside["negative_prompt"]) == (9, "Ein Schloss am Meer", "fog")
    assert inside["models"] == ["Stable Diffusion 1.5"] and "twin" in inside["weights"][0]
    assert inside["created_at"] and inside["versions"]["torch"]
    assert inside["run"] == outcome.record["id"]
    picture = Image.open(io.BytesIO(outcome.pictures[0].png))
    assert picture.size == (inside["width"], inside["height"]) == (128, 128)


def test_the_size_can_be_set(kept: Resident) -> None:
    outcome = draw(kept, seed=1, width=96, height=64, num_inference_steps=1)
    assert Image.open(io.BytesIO(outcome.pictures[0].png)).size == (96, 64)


def test_progress_counts_evaluations_of_the_whole_run(kept: Resident, watcher: Watcher) -> None:
    draw(kept, watcher, sweep="num_inference_steps", sweep_values=[1, 5], seed=1)
    counted = [report for report in watcher.seen if report[0].startswith("Picture")]
    total = counted[-1][2]
    assert [step for stage, step, _ in counted if stage == "Picture 2 of 2"][-1] == total
    assert total == sum(repeat for repeat in (1, 6))
    assert len(watcher.landed_s) == 2


def test_cancel_stops_at_the_next_step_and_keeps_the_pictures_made(kept: Resident) -> None:
    watcher = Watcher(lambda seen: seen.step >= 8)
    outcome = draw(kept, watcher, sweep="seed", sweep_values=[1, 2, 3])
    assert outcome.record["state"] == "cancelled"
    assert watcher.step == 8
    assert len(outcome.record["repeats"]) == len(outcome.pictures) == 1
    assert outcome.pictures[0].details["distance_to_last"] is None
    assert outcome.pictures[0].details["distance_to_last_reason"]
    assert_valid(outcome.record)


def test_the_pipeline_draws_the_same_after_a_cancel(kept: Resident) -> None:
    before = draw(kept, seed=4).pictures[0].png
    draw(kept, Watcher(lambda seen: seen.step >= 2), seed=5)
    outcome = draw(kept, seed=4)
    assert outcome.record["model"]["reused"] is True
    one, other = (Image.open(io.BytesIO(data)).tobytes() for data in (before, outcome.pictures[0].png))
    assert one == other


def test_a_picture_that_the_safety_checker_blackens_is_said(kept: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    from diffusers import StableDiffusionPipeline

    def blacken(self: Any, image: Any, device: Any, dtype: Any) -> tuple[Any, list[bool]]:
        return image * 0, [True]

    monkeypatch.setattr(StableDiffusionPipeline, "run_safety_checker", blacken)
    outcome = draw(kept, seed=1)
    assert outcome.pictures[0].details["is_blacked_out"] is True
    assert any("safety checker took picture 1" in note for note in outcome.record["notes"])


def test_every_network_is_counted(kept: Resident) -> None:
    names = {part["name"] for part in draw(kept, seed=1).record["model"]["components"]}
    assert names == {"text_encoder", "unet", "vae"}


@pytest.fixture
def small_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small random weights in place of the twin: all four networks, as the real model has them."""
    model, folder = CATALOG["stable-diffusion-1.5"], tmp_path / "written"
    write_small_configs(tmp_path / "configs" / model.id)
    monkeypatch.setattr(random_checkpoint, "CONFIGS", tmp_path / "configs")
    random_checkpoint.write_checkpoint(model, folder, stage="Writing", progress=SilentProgress())
    found = Checkpoint(str(folder), "embedded", None, None, "small", model.variant)
    monkeypatch.setattr(loading, "checkpoint", lambda *_: found)


@pytest.mark.usefixtures("small_checkpoint")
def test_a_model_with_a_safety_checker_is_told_with_its_time() -> None:
    record = draw(Resident(), seed=1, num_inference_steps=2).record
    assert len(record["model"]["components"]) == 4
    assert [stage["name"] for stage in record["repeats"][0]["stages"]][-1] == "Safety check"


@pytest.fixture
def small_turbo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small random weights of SDXL's kind, with Turbo's own configuration in all that is no size."""
    model, folder = CATALOG["sdxl-turbo"], tmp_path / "written"
    write_small_configs(tmp_path / "configs" / model.id, model.id)
    monkeypatch.setattr(random_checkpoint, "CONFIGS", tmp_path / "configs")
    random_checkpoint.write_checkpoint(model, folder, stage="Writing", progress=SilentProgress())
    found = Checkpoint(str(folder), "dummy", None, None, "small", model.variant)
    monkeypatch.setattr(loading, "checkpoint", lambda *_: found)
    monkeypatch.setattr(loading, "check_room", lambda *_: None)


@pytest.mark.usefixtures("small_turbo")
def test_a_model_with_two_text_encoders_draws_in_one_step() -> None:
    settings = {"model": "sdxl-turbo", "source": "dummy", "device": "cpu", "dtype": "float32", "previews": True}
    outcome = execute("text_to_image", settings, SilentProgress(), Resident())
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    assert [repeat["evaluations"] for repeat in outcome.record["repeats"]] == [1]
    networks = [part["name"] for part in outcome.record["model"]["components"]]
    assert networks == ["vae", "text_encoder", "text_encoder_2", "unet"]
    assert outcome.pictures[0].details["is_blacked_out"] is False
    assert {picture.role for picture in outcome.pictures} == {"picture", "preview"}
    assert Image.open(io.BytesIO(outcome.pictures[0].png)).size == (64, 64)


@pytest.mark.parametrize(
    ("model", "steps", "guidance"),
    [
        ("stable-diffusion-1.5", 50, 7.5),
        ("stable-diffusion-1.4", 50, 7.5),
        ("lcm-dreamshaper-v7", 4, 7.5),
        ("sdxl-base", 50, 5.0),
        ("sdxl-turbo", 1, 0.0),
    ],
)
def test_a_model_brings_the_steps_and_guidance_that_it_was_made_for(model: Any, steps: int, guidance: float) -> None:
    taken = Settings(model=model)
    assert (taken.num_inference_steps, taken.guidance_scale) == (steps, guidance)
    own = Settings(model=model, num_inference_steps=5, guidance_scale=2.0)
    assert (own.num_inference_steps, own.guidance_scale) == (5, 2.0)
