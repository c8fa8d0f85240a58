"""The lab on moving pictures, on the twin: what is counted, what motion modules do, and what is kept."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AnimateDiffPipeline
from PIL import Image

from core.errors import InvalidSettings, RunCancelled
from core.labs.text_to_video import program
from core.labs.text_to_video.run import MEANS_NOTHING, TWIN_NOISE
from core.labs.text_to_video.settings import MOTION
from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG, DTYPE_BYTES
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs.execution import Outcome, execute
from core.runs.parsing import parse_settings
from core.runs.planning import plan
from core.runs.png import made_with
from core.runs.registry import LABS
from tests.core.labs.conftest import Watcher
from tests.core.measure.machines import SERVER
from tests.core.measure.run_schema import assert_valid

LAB = LABS["text_to_video"]
SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "num_inference_steps": 8}


@pytest.fixture(scope="module")
def kept() -> Resident:
    """Both twins, loaded once."""
    return Resident()


@pytest.fixture(scope="module")
def outcome(kept: Resident) -> Outcome:
    return execute("text_to_video", SETTINGS | {"num_frames": [8, 1]}, SilentProgress(), kept)


@pytest.fixture(scope="module")
def pipe() -> Any:
    paths = (checkpoint(name, "embedded", SilentProgress()).path for name in ("stable-diffusion-1.5", MOTION))
    return program.load(*paths, "cpu", torch.float32, None, TWIN_NOISE, lambda _: None)


def clips(outcome: Outcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = outcome.record["outputs"]["text_to_video"]["clips"]
    return found


def frames(outcome: Outcome, role: str) -> list[Image.Image]:
    return [Image.open(io.BytesIO(each.png)).convert("RGB") for each in outcome.pictures if each.role == role]


def test_the_record_keeps_to_the_schema_and_counts_both_models(outcome: Outcome) -> None:
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    assert [model["id"] for model in outcome.record["models"]] == [MOTION, "stable-diffusion-1.5"]
    parameters = {part["name"]: part["parameters"] for part in outcome.record["models"][1]["components"]}
    assert parameters["unet"] == 4_185_092  # the motion modules in it are counted once, as their own model
    assert outcome.record["models"][0]["parameters"] == 1_777_344


def test_films_are_drawn_from_short_to_long_and_the_longest_again_without_motion(outcome: Outcome) -> None:
    assert [(clip["num_frames"], clip["has_motion"]) for clip in clips(outcome)] == [(1, True), (8, True), (8, False)]
    assert [len(clip["apart"]) for clip in clips(outcome)] == [0, 7, 7]


def test_every_film_asks_the_network_once_per_step(outcome: Outcome) -> None:
    assert [clip["evaluations"] for clip in clips(outcome)] == [8, 8, 8]
    assert [clip["pictures_computed"] for clip in clips(outcome)] == [16, 128, 128]


def test_without_guidance_half_as_many_predictions_are_made(kept: Resident) -> None:
    settings = {"num_frames": [2], "guidance_scale": 1.0, "num_inference_steps": 2, "side": 64}
    outcome = execute("text_to_video", SETTINGS | settings, SilentProgress(), kept)
    assert [clip["pictures_computed"] for clip in clips(outcome)] == [4, 4]


def test_motion_modules_make_frames_agree(outcome: Outcome) -> None:
    together, alone = (np.mean(clip["apart"]) for clip in clips(outcome)[1:])
    assert alone > 1.25 * together  # from where on question V2 calls it further
    [found] = LAB.predictable["alone_over_moving"].values(outcome.record)
    assert found == pytest.approx(alone / together)


def test_the_frames_are_those_of_the_program(outcome: Outcome, pipe: Any) -> None:
    prompt = LAB.settings().model_dump()["prompt"]
    made = program.animate(pipe, prompt, num_frames=8, num_inference_steps=8, side=128, random_seed=7).frames[0]
    assert [each.tobytes() for each in frames(outcome, "frame")] == [each.tobytes() for each in made]


def test_without_motion_every_frame_is_what_stable_diffusion_draws_of_its_noise(pipe: Any) -> None:
    unet, noise = pipe.unet, torch.randn(1, 4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    words = torch.zeros(3, 48, 96)
    with torch.no_grad(), program.without_motion(pipe):
        together = unet(noise, torch.tensor(500), words).sample
        each = [unet(noise[:, :, at : at + 1], torch.tensor(500), words[:1]).sample for at in range(3)]
    assert torch.allclose(together, torch.cat(each, dim=2), atol=1e-5)


def test_the_motion_modules_are_back_afterwards(pipe: Any) -> None:
    before = [block.motion_modules for block in program.blocks(pipe.unet)]
    with pytest.raises(RuntimeError), program.without_motion(pipe):
        raise RuntimeError
    assert [block.motion_modules for block in program.blocks(pipe.unet)] == before


def test_the_networks_are_held_once(pipe: Any) -> None:
    inside = {value.data_ptr() for value in pipe.unet.parameters()}
    assert {value.data_ptr() for value in pipe.motion_adapter.parameters()} <= inside
    assert not any(value.is_meta for value in pipe.unet.parameters())


def test_distances_are_those_of_neighbours() -> None:
    flat = [Image.new("RGB", (4, 4), (shade,) * 3) for shade in (0, 10, 40)]
    assert program.steps_apart(flat) == [10, 30] and program.steps_apart(flat[:1]) == []


def test_a_film_is_saved_as_a_picture_that_moves() -> None:
    file = io.BytesIO()
    program.save([Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (0, 100, 200)], file, 0.25)
    with Image.open(file) as saved:
        assert (saved.format, saved.n_frames) == ("WEBP", 3)


def test_measures_compare_with_a_single_frame(outcome: Outcome) -> None:
    one, eight = clips(outcome)[:2]
    values = {name: LAB.predictable[f"{name}_over_one"].values(outcome.record) for name in ("time", "evaluations")}
    assert values == {"time": [eight["wall_s"] / one["wall_s"]], "evaluations": [1.0]}
    assert LAB.predictable["pictures_over_one"].values(outcome.record) == [8.0]
    assert all(measure.values({"outputs": {}}) == [] for measure in LAB.predictable.values())


def test_a_single_frame_has_no_neighbours(kept: Resident) -> None:
    outcome = execute(
        "text_to_video", SETTINGS | {"num_frames": [1], "num_inference_steps": 2, "side": 64}, SilentProgress(), kept
    )
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    assert LAB.predictable["alone_over_moving"].values(outcome.record) == []


def test_a_frame_makes_the_whole_run_again(outcome: Outcome, kept: Resident) -> None:
    lab, settings = made_with(next(each for each in outcome.pictures if each.role == "frame").png)
    again = execute(lab, settings, SilentProgress(), kept)
    assert again.record["settings"] == outcome.record["settings"]
    assert frames(again, "frame")[3].tobytes() == frames(outcome, "frame")[3].tobytes()


def test_a_stopped_run_keeps_the_films_that_were_drawn(kept: Resident) -> None:
    settings = {"num_frames": [1, 2], "num_inference_steps": 3, "side": 64}
    outcome = execute("text_to_video", SETTINGS | settings, Watcher(lambda seen: seen.step > 6), kept)
    assert outcome.record["error"]["kind"] == RunCancelled.kind
    assert_valid(outcome.record)
    assert [clip["num_frames"] for clip in clips(outcome)] == [1, 2]
    assert {each.role for each in outcome.pictures} == {"frame"}


def test_settings_follow_from_weights_and_device() -> None:
    def settled(**values: Any) -> tuple[Any, ...]:
        found = LAB.settings(**values).settled().model_dump()
        return found["num_frames"], found["num_inference_steps"], found["side"]

    assert settled(source="embedded", device="cpu") == ((1, 4, 8), 10, 128)
    assert settled(source="dummy", device="cpu") == ((1, 8), 2, 256)
    assert settled(source="hub", device="cuda") == ((1, 4, 16), 25, 512)
    assert settled(source="hub", device="cuda", num_frames=[32, 2, 2])[0] == (2, 32)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"num_frames": [0]}, "num_frames"),
        ({"num_frames": [33]}, "num_frames"),
        ({"num_frames": list(range(1, 10))}, "num_frames"),
        ({"num_inference_steps": 1}, "num_inference_steps"),
        ({"side": 100}, "side"),
    ],
)
def test_what_cannot_be_run_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidSettings, match=told):
        parse_settings(LAB, SETTINGS | wrong)


def test_random_weights_are_said_to_mean_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of what a run of the full size does, with the twins in its place."""
    from dataclasses import replace

    from core.runs import loading

    twins = {name: checkpoint(name, "embedded", SilentProgress()) for name in ("stable-diffusion-1.5", MOTION)}
    monkeypatch.setattr(loading, "checkpoint", lambda name, *_: replace(twins[name], source="dummy"))
    monkeypatch.setattr(loading, "check_room", lambda *_: None)
    settings = SETTINGS | {"source": "dummy", "num_frames": [1, 2], "num_inference_steps": 2, "side": 64}
    outcome = execute("text_to_video", settings, SilentProgress(), Resident())
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert MEANS_NOTHING in outcome.record["notes"]


def test_the_plan_counts_both_models() -> None:
    from core.measure.machine import this_machine

    planned = plan(LAB, parse_settings(LAB, SETTINGS), this_machine())
    assert planned.refusal is None and planned.parameters == 1_777_344 + 5_314_435


def test_the_plan_leaves_out_the_network_that_films_do_not_load() -> None:
    """The pipeline of films has no part for the safety checker."""
    planned = plan(LAB, parse_settings(LAB, {"source": "dummy", "device": "cpu"}), SERVER)
    parts = {part.name: part.parameters for part in CATALOG["stable-diffusion-1.5"].components}
    assert "safety_checker" not in AnimateDiffPipeline.__init__.__annotations__
    loaded = sum(parts.values()) - parts["safety_checker"] + CATALOG[MOTION].parameters
    assert planned.parameters == loaded
    assert planned.weights_bytes == loaded * DTYPE_BYTES[planned.settings.model_dump()["dtype"]]
