"""SDXL with its refiner, on small random networks: who takes which steps, what is shared, what is refused."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from core.errors import InvalidSettings
from core.labs.text_to_image import program
from core.labs.text_to_image.run import HAND_OVER, REFINING
from core.labs.text_to_image.settings import REFINED, REFINER, Settings
from core.measure.machine import this_machine
from core.measure.progress import SilentProgress
from core.models import random_checkpoint
from core.models.catalog import CATALOG, CONFIGS
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs import loading
from core.runs.execution import execute
from core.runs.parsing import parse_settings
from core.runs.planning import plan
from core.runs.registry import LABS
from core.runs.savers import weights_on_device
from core.runs.source_code import shown_code
from tests.core.measure.run_schema import assert_valid
from tests.core.models.test_dummy import write_small_configs

SMALL_REFINER = {
    "addition_time_embed_dim": 16,
    "attention_head_dim": [2, 2, 4, 4],
    "block_out_channels": [32, 32, 64, 64],
    "cross_attention_dim": 64,
    "layers_per_block": 1,
    "norm_num_groups": 16,
    "projection_class_embeddings_input_dim": 144,
    "sample_size": 8,
    "transformer_layers_per_block": 1,
}


@pytest.fixture
def small_refiner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Folders of SDXL and its refiner with small random networks and their own configuration in all that is no size."""
    configs = tmp_path / "configs"
    write_small_configs(configs / REFINED, REFINED)
    shutil.copytree(CONFIGS / REFINER, configs / REFINER)
    file = configs / REFINER / "unet" / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | SMALL_REFINER))
    monkeypatch.setattr(random_checkpoint, "CONFIGS", configs)
    found = {}
    for name in (REFINED, REFINER):
        random_checkpoint.write_checkpoint(CATALOG[name], tmp_path / name, stage="Writing", progress=SilentProgress())
        found[name] = Checkpoint(str(tmp_path / name), "dummy", None, None, "small", CATALOG[name].variant)
    monkeypatch.setattr(loading, "checkpoint", lambda name, *_: found[name])
    monkeypatch.setattr(loading, "check_room", lambda *_: None)
    return {name: each.path for name, each in found.items()}


def refined(**settings: Any) -> Any:
    given = {"model": REFINED, "source": "dummy", "device": "cpu", "dtype": "float32", "seed": 1} | settings
    outcome = execute("text_to_image", given, SilentProgress(), Resident())
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    return outcome


@pytest.mark.usefixtures("small_refiner")
def test_base_and_refiner_share_the_steps_and_are_measured_apart() -> None:
    record = refined(num_inference_steps=10, refiner_share=0.2).record
    [repeat] = record["repeats"]
    assert (repeat["evaluations"], repeat["refiner"]["evaluations"]) == (8, 2)
    assert (len(repeat["step_s"]), len(repeat["refiner"]["step_s"])) == (8, 2)
    names = [stage["name"] for stage in repeat["stages"]]
    assert names == ["Encoding the prompt", "Denoising", HAND_OVER, REFINING, "Decoding the picture"]
    assert sum(stage["wall_s"] for stage in repeat["stages"]) == pytest.approx(repeat["wall_s"], rel=0.01)
    assert repeat["refiner"]["wall_s"] == pytest.approx(sum(repeat["refiner"]["step_s"]), rel=0.5)
    assert LABS["text_to_image"].predictable["refined_evaluations"].values(record) == [1.0]
    assert [model["id"] for model in record["models"]] == [REFINER, REFINED]
    assert [[part["name"] for part in model["components"]] for model in record["models"]] == [
        ["unet"],
        ["vae", "text_encoder", "text_encoder_2", "unet"],
    ]


@pytest.mark.usefixtures("small_refiner")
def test_the_shares_of_a_sweep_begin_with_the_base_alone_and_change_the_picture() -> None:
    shares = {"sweep": "refiner_share", "sweep_values": [0, 0.25, 0.5], "previews": True}
    outcome = refined(num_inference_steps=4, **shares)
    counts = [
        (each["evaluations"], (each.get("refiner") or {}).get("evaluations")) for each in outcome.record["repeats"]
    ]
    assert counts == [(4, None), (3, 1), (2, 2)]
    made = [picture.details for picture in outcome.pictures if picture.role == "picture"]
    assert [each["refiner_share"] for each in made] == [0, 0.25, 0.5]
    assert made[1]["difference_to_first"] > 0 and made[2]["difference_to_first"] > 0
    steps = [picture.details["step"] for picture in outcome.pictures if picture.role == "preview"]
    assert steps == [1, 2, 3, 4] * 3
    alone = refined(num_inference_steps=4)
    assert alone.pictures[0].details["seed"] == made[0]["seed"]
    picture = next(each for each in outcome.pictures if each.role == "picture")
    assert Image.open(io.BytesIO(alone.pictures[0].png)).tobytes() == Image.open(io.BytesIO(picture.png)).tobytes()


@pytest.mark.usefixtures("small_refiner")
@pytest.mark.parametrize("scheduler", ["ddim", "dpm_solver", "euler_ancestral", "unipc"])
def test_the_refiner_takes_the_scheduler_too(scheduler: str) -> None:
    [repeat] = refined(num_inference_steps=5, refiner_share=0.4, scheduler=scheduler).record["repeats"]
    assert repeat["evaluations"] + repeat["refiner"]["evaluations"] == 5


def test_the_networks_are_shared_and_the_refiner_is_given_latents_that_are_still_noisy(
    small_refiner: dict[str, str],
) -> None:
    pipe = program.load(small_refiner[REFINED], "cpu", torch.float32, "fp16", lambda what: None, is_xl=True)
    refiner = program.load_refiner(pipe, small_refiner[REFINER], "fp16", lambda what: None)
    assert refiner.vae is pipe.vae and refiner.text_encoder_2 is pipe.text_encoder_2
    assert refiner.text_encoder is None and refiner.unet is not pipe.unet
    seen: list[tuple[str, int]] = []
    for name, each in {"base": pipe, "refiner": refiner}.items():
        each.set_progress_bar_config(disable=True)
        each.unet.register_forward_pre_hook(lambda _, args, name=name: seen.append((name, int(args[1]))))
    program.generate_refined(pipe, refiner, "a boat", num_inference_steps=50, height=64, width=64, refiner_share=0.2)
    assert [name for name, _ in seen] == ["base"] * 40 + ["refiner"] * 10
    assert [level for _, level in seen] == [981 - 20 * step for step in range(50)]


def test_the_cell_with_the_refiner_runs(small_refiner: dict[str, str], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    shape: dict[str, Any] = {"height": 64, "width": 64, "source": "hub", "device": "cpu", "dtype": "float32"}
    settings = Settings(model="sdxl-base", num_inference_steps=5, refiner_share=0.2, scheduler="euler", seed=1, **shape)
    exec(compile(shown_code(LABS["text_to_image"], settings, small_refiner), "cell", "exec"), {"__name__": "__main__"})
    assert Image.open(tmp_path / "picture-1.png").size == (64, 64)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"refiner_share": 0.2}, "the refiner goes on with the latents of SDXL alone: set model to sdxl-base"),
        ({"model": "sdxl-turbo", "refiner_share": 0.2}, "set model to sdxl-base, or refiner_share to 0"),
        ({"model": "sdxl-base", "refiner_share": 0.2, "num_inference_steps": 4}, "take at least 5 steps"),
        ({"model": "sdxl-base", "refiner_share": 0.6}, "0.5"),
        ({"sweep": "refiner_share", "sweep_values": [0, 0.2]}, "refiner_share cannot be 0.2"),
    ],
)
def test_what_the_refiner_cannot_do_is_said_before_the_run(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidSettings, match=told):
        parse_settings(LABS["text_to_image"], settings)


def test_memory_is_planned_for_both_models_and_what_they_share_once() -> None:
    lab, machine = LABS["text_to_image"], replace(this_machine(), ram_bytes=256 * 2**30)
    given = {"model": REFINED, "source": "dummy", "device": "cpu", "dtype": "bfloat16"}
    alone, both = (plan(lab, parse_settings(lab, given | {"refiner_share": share}), machine) for share in (0, 0.2))
    assert (both.weights_bytes or 0) - (alone.weights_bytes or 0) == 2 * 2_259_526_660
    assert weights_on_device(both.settings) == both.weights_bytes  # type: ignore[arg-type]
    assert both.refusal is None and both.workload != alone.workload
    small = plan(lab, both.settings, replace(machine, ram_bytes=10 * 2**30)).refusal
    assert small is not None and "SDXL refiner and SDXL" in small.message
