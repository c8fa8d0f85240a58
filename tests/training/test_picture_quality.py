"""A quick part of `python -m training.evaluate`: few pictures, wider margins."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import StableDiffusionPipeline, StableDiffusionXLInpaintPipeline

from training import data, judge, picture_quality
from training.captions import plain_caption
from training.data import pictures, scene_set
from training.picture_quality import distance, generated, load, measure_inpainting, reconstruction_db, side_of
from training.scenes import ATTRIBUTES

MODELS = Path(__file__).parents[2] / "embedded_models"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "WORK", tmp_path)
    monkeypatch.setattr(picture_quality, "MODELS", MODELS)


@pytest.fixture(scope="module")
def painter() -> Any:
    return load(StableDiffusionPipeline, str(MODELS / "stable-diffusion-1.5"))


def test_pictures_show_what_the_prompt_names(painter: Any) -> None:
    scenes = scene_set(seed=71, count=12)
    made = generated(painter, [plain_caption(scene) for scene in scenes], num_inference_steps=25)
    shown = judge.rates(judge.load(), made, scenes)
    assert all(shown[name] >= 0.75 for name in ATTRIBUTES), shown


def test_the_autoencoder_brings_scenes_back(painter: Any) -> None:
    true = pictures("held-out", scene_set(seed=73, count=24), side_of(painter))
    assert reconstruction_db(painter.vae, true) >= 28
    assert reconstruction_db(painter.vae, true) == pytest.approx(reconstruction_db(painter.vae, true[::-1]), abs=0.05)


def test_more_steps_come_closer_to_the_50_step_picture(painter: Any) -> None:
    texts = [plain_caption(scene) for scene in scene_set(seed=72, count=12)]
    last = generated(painter, texts, num_inference_steps=50)
    distances = [distance(generated(painter, texts, num_inference_steps=count), last) for count in (1, 5, 25)]
    assert distances == sorted(distances, reverse=True) and distances[-1] > 0


def test_a_seed_repeats_the_picture_to_the_bit_and_another_does_not(painter: Any) -> None:
    text = "A calm sea at night with a boat, digital art"
    first, second = generated(painter, [text, text], num_inference_steps=5)
    again, _ = generated(painter, [text, text], num_inference_steps=5)
    assert np.array_equal(first, again) and distance(first, second) > 3


def test_the_prompted_object_replaces_the_old_one() -> None:
    found = measure_inpainting(load(StableDiffusionXLInpaintPipeline, "sdxl-inpainting"), 8)
    assert found["prompted_object_seen"] >= 0.6
    assert 0.7 <= found["seen_in_true_scenes"] <= 1
    assert found["change_outside"] < found["change_outside_of_the_autoencoder_alone"] + 6
