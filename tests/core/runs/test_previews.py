"""Previews: what is shown while a picture forms, what it costs, and that without them nothing changes."""

import doctest
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs import previews
from core.runs.execution import Outcome, execute
from core.runs.previews import MOST_BYTES, PreviewWatch, shown_steps, small_file, step_of, step_watch
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "seed": 4, "num_inference_steps": 10}


@pytest.fixture(scope="module")
def kept() -> Resident:
    """The twin, loaded once for this module."""
    return Resident()


def draw(resident: Resident, progress: Any = None, lab: str = "text_to_image", **settings: Any) -> Outcome:
    return execute(lab, SETTINGS | settings, progress or SilentProgress(), resident)


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


def test_the_examples_are_true() -> None:
    assert doctest.testmod(previews).failed == 0


@pytest.mark.parametrize("steps", [1, 2, 7, 8, 9, 50, 150])
@pytest.mark.parametrize("surplus", [0, 1])
def test_previews_go_from_the_first_to_the_last_step(steps: int, surplus: int) -> None:
    shown = shown_steps(steps + surplus, steps)
    assert {1, steps} <= shown <= set(range(1, steps + 1))
    assert len(shown) == min(8, steps)


def test_a_step_that_inpainting_leaves_out_has_no_preview() -> None:
    assert min(shown_steps(49, 50)) == step_of(1, 49, 50) == 2


def test_the_last_step_is_the_number_of_steps_whatever_the_scheduler_skips_or_adds() -> None:
    assert step_of(51, 51, 50) == step_of(49, 49, 50) == step_of(50, 50, 50) == 50


def test_a_run_keeps_a_strip_per_picture_after_the_pictures_themselves(kept: Resident, watcher: Watcher) -> None:
    outcome = draw(kept, watcher, previews=True, repeats=2)
    assert_valid(outcome.record)
    assert [picture.role for picture in outcome.pictures] == ["picture"] * 2 + ["preview"] * 16
    strip = [picture.details for picture in outcome.pictures if picture.details["index"] == 1][1:]
    assert [details["step"] for details in strip] == [1, 2, 4, 5, 6, 7, 9, 10]
    assert [step for _, step in watcher.previews] == [details["step"] for details in strip] * 2
    assert all(len(data) <= MOST_BYTES for data, _ in watcher.previews)


def test_the_strip_ends_with_the_picture_and_begins_far_from_it(kept: Resident) -> None:
    made = draw(kept, previews=True).pictures
    picture, *strip = (np.frombuffer(pixels(each.png), np.uint8).astype(int) for each in made)
    assert np.abs(strip[-1] - picture).mean() < 1
    assert np.abs(strip[0] - picture).mean() > 5


def test_previews_do_not_change_the_picture(kept: Resident) -> None:
    assert pixels(draw(kept, previews=True).pictures[0].png) == pixels(draw(kept).pictures[0].png)


def test_their_time_is_told_apart_and_the_stages_still_add_up(kept: Resident) -> None:
    record = draw(kept, previews=True).record
    repeat = record["repeats"][0]
    stages = {stage["name"]: stage["wall_s"] for stage in repeat["stages"]}
    assert list(stages) == [
        "Encoding the prompt",
        "Denoising",
        "Decoding the picture",
        "Decoding the previews",
    ]
    assert stages["Decoding the previews"] == repeat["previews_s"] > 0
    assert sum(stages.values()) == pytest.approx(repeat["wall_s"], rel=0.05)
    assert repeat["seconds_per_evaluation"] * repeat["evaluations"] == pytest.approx(stages["Denoising"])
    assert any("8 previews" in note and "times of this run include them" in note for note in record["notes"])


def test_without_previews_nothing_is_shown_kept_or_said(kept: Resident, watcher: Watcher) -> None:
    outcome = draw(kept, watcher)
    assert watcher.previews == [] and len(outcome.pictures) == 1
    assert "previews_s" not in outcome.record["repeats"][0]
    assert not any("preview" in note for note in outcome.record["notes"])
    assert not isinstance(step_watch(False, None, watcher, 1), PreviewWatch)  # type: ignore[arg-type]


def test_a_cancelled_run_keeps_the_previews_that_it_had(kept: Resident) -> None:
    outcome = draw(kept, Watcher(lambda seen: seen.step >= 5), previews=True)
    assert outcome.record["state"] == "cancelled"
    assert [picture.role for picture in outcome.pictures] == ["preview"] * 2
    assert any("before the run ended" in note for note in outcome.record["notes"])


def test_inpainting_shows_them_too(watcher: Watcher) -> None:
    outcome = draw(Resident(), watcher, "inpainting", previews=True)
    assert_valid(outcome.record)
    assert [picture.role for picture in outcome.pictures] == ["original", "mask", "result"] + ["preview"] * 8
    assert outcome.pictures[-1].details["step"] == watcher.previews[-1][1] == 10


def test_noise_is_made_to_fit() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8))
    plain = Image.new("RGB", (160, 160), "navy")
    assert len(small_file(noise)) <= MOST_BYTES and small_file(noise)[:2] == b"\xff\xd8"
    assert small_file(plain)[:4] == b"\x89PNG"
