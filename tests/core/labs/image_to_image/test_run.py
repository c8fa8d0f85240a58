"""The lab that changes a picture, on the twin: what a strength runs, keeps and costs."""

import io
from typing import Any

import pytest
import torch
from PIL import Image

from core.errors import InvalidSettings, RunCancelled
from core.labs.image_to_image import program
from core.measure.progress import SilentProgress
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs.execution import execute
from core.runs.parsing import parse_settings
from core.runs.pictures import SHIPPED
from core.runs.png import made_with
from core.runs.registry import LABS
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "num_inference_steps": 10}


@pytest.fixture(scope="module")
def outcome() -> Any:
    return execute("image_to_image", SETTINGS | {"strengths": [0.3, 0.6, 1.0]}, SilentProgress(), Resident())


def opened(outcome: Any, role: str) -> list[Image.Image]:
    return [Image.open(io.BytesIO(each.png)).convert("RGB") for each in outcome.pictures if each.role == role]


def test_a_strength_runs_its_share_of_the_steps(outcome: Any) -> None:
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    # The model's own scheduler (PNDM) asks once more than it counts steps.
    assert [repeat["evaluations"] for repeat in outcome.record["repeats"]] == [4, 7, 11]
    assert [repeat["settings"]["strength"] for repeat in outcome.record["repeats"]] == [0.3, 0.6, 1.0]


def test_the_picture_is_encoded_before_noise_is_taken_away(outcome: Any) -> None:
    names = [stage["name"] for stage in outcome.record["repeats"][1]["stages"]]
    assert names == ["Encoding the prompt", "Encoding the picture", "Denoising", "Decoding the picture"]


def test_the_stronger_the_further_from_the_original(outcome: Any) -> None:
    distances = [each.details["distance_to_original"] for each in outcome.pictures if each.role == "result"]
    assert distances == sorted(distances) and distances[-1] > 2 * distances[0]
    assert [picture.size for picture in opened(outcome, "original")] == [(128, 128)]


def test_the_result_is_that_of_the_program(outcome: Any) -> None:
    path = checkpoint("stable-diffusion-1.5", "embedded", SilentProgress()).path
    pipe = program.load(path, "cpu", torch.float32, None, lambda _: None)
    picture = program.fitted(Image.open(SHIPPED["scene"]), 128)
    prompt = LABS["image_to_image"].settings().model_dump()["prompt"]
    made = program.change(pipe, picture, prompt, strength=0.6, num_inference_steps=10, random_seed=7).images[0]
    assert opened(outcome, "result")[1].tobytes() == made.tobytes()


def test_a_prediction_can_be_held_against_two_strengths(outcome: Any) -> None:
    measure = LABS["image_to_image"].measures["strength_0_2_over_1"]
    assert measure.values(outcome.record) == []  # 0.2 was not drawn
    assert measure.values({"repeats": [{"strength": 0.2, "wall_s": 1.0}, {"strength": 1.0, "wall_s": 4.0}]}) == [0.25]


def test_a_picture_is_made_again_from_its_file(outcome: Any) -> None:
    shown = [each for each in outcome.pictures if each.role == "result"][1]
    lab, settings = made_with(shown.png)
    again = execute(lab, settings, SilentProgress(), Resident())
    assert again.record["settings"]["strengths"] == [0.6]
    assert opened(again, "result")[0].tobytes() == opened(outcome, "result")[1].tobytes()


def test_a_run_that_is_stopped_keeps_what_was_drawn() -> None:
    watcher = Watcher(lambda seen: seen.step > 6)
    outcome = execute("image_to_image", SETTINGS | {"strengths": [0.3, 1.0]}, watcher, Resident())
    assert outcome.record["error"]["kind"] == RunCancelled.kind
    assert [each.role for each in outcome.pictures] == ["original", "result"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"strengths": [0.05]}, "runs no step"),
        ({"strengths": [0.0]}, "strengths"),
        ({"strengths": [1.1]}, "strengths"),
        ({"strengths": []}, "strengths"),
    ],
)
def test_a_strength_that_cannot_be_run_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidSettings, match=told):
        parse_settings(LABS["image_to_image"], SETTINGS | wrong)
