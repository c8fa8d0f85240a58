"""The noise lab on the twin: what is read off the noise, what every way drew, and what it stands beside."""

import io
from typing import Any

import pytest
import torch
from PIL import Image

from core.errors import InvalidSettings, RunCancelled
from core.labs.ddpm import program
from core.labs.ddpm.run import COPIES, FRAMES
from core.labs.ddpm.settings import Settings
from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs.execution import execute
from core.runs.parsing import parse_settings
from core.runs.png import describe
from core.runs.registry import LABS
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "pictures": 1}
EVERY = 512


@pytest.fixture(scope="module")
def outcome() -> Any:
    chosen = {"ways": ["ddpm", "no_noise"], "ddim_steps": [10, EVERY]}
    return execute("ddpm", SETTINGS | chosen, SilentProgress(), Resident())


@pytest.fixture(scope="module")
def ways(outcome: Any) -> dict[str, Any]:
    return {each["name"]: each for each in outcome.record["outputs"]["ways"]}


def drawn(outcome: Any, role: str) -> list[Image.Image]:
    return [Image.open(io.BytesIO(each.png)) for each in outcome.pictures if each.role == role]


def test_the_record_is_valid_and_names_every_way_in_order(outcome: Any, ways: dict[str, Any]) -> None:
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    assert list(ways) == ["ddpm", "no_noise", "ddim_10", "ddim_512"]
    assert outcome.record["model"]["parameters"] == CATALOG["ddpm-cifar10-32"].twin_parameters


def test_every_step_is_one_evaluation(outcome: Any, ways: dict[str, Any]) -> None:
    counted = [repeat["evaluations"] for repeat in outcome.record["repeats"]]
    assert counted == [each["evaluations"] for each in ways.values()] == [EVERY, EVERY, 10, EVERY]


def test_the_jump_and_the_walk_leave_what_the_formula_says(outcome: Any) -> None:
    frames = outcome.record["outputs"]["noising"]["frames"]
    assert [frames[0]["step"], frames[-1]["step"], len(frames)] == [0, EVERY - 1, FRAMES]
    values = COPIES * 3 * program.SIDE**2
    for frame in frames:
        for way in ("jump", "one_by_one"):
            # The picture's own mean square is about 0.4, so its factor is known less well than the noise's strength.
            assert abs(frame[way]["signal"] - frame["formula"]["signal"]) < 5 / (0.4 * values) ** 0.5
            assert abs(frame[way]["noise"] / frame["formula"]["noise"] - 1) < 5 / (2 * values) ** 0.5


def test_without_the_added_noise_pictures_have_less_detail(ways: dict[str, Any]) -> None:
    assert ways["no_noise"]["detail"] < 0.8 * ways["ddpm"]["detail"]


def test_predictions_can_be_held_against_what_was_measured(outcome: Any) -> None:
    measures, record = LABS["ddpm"].measures, outcome.record
    assert measures["detail_without_sigma"].values(record)[0] < 0.8
    assert measures["walk_over_jump"].values(record)[0] > 10
    assert measures["noise_apart"].values(record)[0] < 2
    assert measures["ddpm_over_ddim_50"].values(record) == []  # no way of 50 steps was drawn
    fifty = {"name": "ddim_50", "wall_s": 2.0}
    assert measures["ddpm_over_ddim_50"].values({"outputs": {"ways": [{"name": "ddpm", "wall_s": 20.0}, fifty]}}) == [
        10
    ]


def test_the_drawn_picture_is_that_of_the_program(outcome: Any) -> None:
    model = program.load(checkpoint("ddpm-cifar10-32", "embedded", SilentProgress()).path, "cpu", lambda _: None)
    torch.manual_seed(7)
    noise = torch.randn(1, 3, program.SIDE, program.SIDE)
    ten = program.as_picture(program.sample_ddim(model, noise, program.Schedule(), steps=10))
    shown = next(each for each in outcome.pictures if each.details.get("name") == "ddim_10")
    assert Image.open(io.BytesIO(shown.png)).convert("RGB").tobytes() == ten.tobytes()
    assert describe(shown.png)["settings"]["seed"] == 7


def test_what_was_on_the_way_lies_beside_each_other(outcome: Any) -> None:
    strips = {
        each.details["way"]: (each.details["steps"], Image.open(io.BytesIO(each.png)).size)
        for each in outcome.pictures
        if each.role == "denoising"
    }
    assert strips["ddpm"] == ([*range(50, 501, 50), EVERY], (11 * program.SIDE, program.SIDE))
    assert strips["ddim_10"] == (list(range(1, 11)), (10 * program.SIDE, program.SIDE))
    assert [picture.size for picture in drawn(outcome, "noising")] == [(FRAMES * program.SIDE, program.SIDE)] * 2


def test_one_picture_alone_is_not_compared_with_another(ways: dict[str, Any]) -> None:
    assert all(each["apart"] is None for each in ways.values())
    two = execute("ddpm", SETTINGS | {"ways": [], "ddim_steps": [5], "pictures": 2}, SilentProgress(), Resident())
    assert two.record["outputs"]["ways"][0]["apart"] > 1


def test_a_run_that_is_stopped_keeps_the_ways_that_it_had_measured() -> None:
    watcher = Watcher(lambda seen: seen.step > 12)
    outcome = execute("ddpm", SETTINGS | {"ways": [], "ddim_steps": [5, 50]}, watcher, Resident())
    assert outcome.record["error"]["kind"] == RunCancelled.kind
    assert [each["name"] for each in outcome.record["outputs"]["ways"]] == ["ddim_5"]
    assert outcome.record["outputs"]["noising"]["frames"]
    assert_valid(outcome.record)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"ways": [], "ddim_steps": []}, "nothing is drawn"),
        ({"ddim_steps": [513]}, "512"),
        ({"pictures": 17}, "16"),
        ({"ways": ["euler"]}, "ways"),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidSettings, match=told):
        parse_settings(LABS["ddpm"], wrong)


def test_the_published_networks_size_runs_with_random_weights() -> None:
    chosen = {"source": "dummy", "device": "cpu", "ways": [], "ddim_steps": [2], "pictures": 1}
    record = execute("ddpm", chosen, SilentProgress(), Resident()).record
    assert record["state"] == "finished", record["error"]
    assert_valid(record)
    assert record["model"]["parameters"] == CATALOG["ddpm-cifar10-32"].parameters
    assert record["outputs"]["noising"]["frames"][-1]["step"] == 999


def test_the_real_network_has_a_longer_schedule_than_ours() -> None:
    assert Settings(source="embedded").num_train_timesteps == EVERY
    assert Settings(source="hub").num_train_timesteps == 1000
