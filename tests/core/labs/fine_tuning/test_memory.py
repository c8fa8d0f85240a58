"""What training takes, computed without torch, against networks that are built without content."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch._subclasses.fake_tensor import FakeTensorMode

from core.config import ROOT
from core.errors import OutOfMemory
from core.labs.fine_tuning import program
from core.labs.fine_tuning.kept import Kept
from core.labs.fine_tuning.memory import PLACE, beside_weights, parts, too_large, trainable
from core.labs.fine_tuning.settings import Settings
from core.measure.machine import this_machine
from core.models.architecture import networks, parameters
from core.models.catalog import CONFIGS
from core.runs.planning import plan
from core.runs.registry import LABS
from core.units import GIB

MODEL = "stable-diffusion-1.5"
FOLDERS = {"dummy": CONFIGS / MODEL, "embedded": ROOT / "embedded_models" / MODEL}


def full_size(**more: Any) -> Settings:
    return Settings(source="dummy", device="cpu", **more)


def test_the_unet_has_the_published_number_of_parameters() -> None:
    assert parameters(networks(CONFIGS / MODEL)["unet"]) == 859_520_964
    assert trainable(full_size(), "full") == 859_520_964


@pytest.mark.parametrize("source", FOLDERS)
@pytest.mark.parametrize("rank", [1, 4, 16])
def test_lora_has_as_many_numbers_as_computed(source: Any, rank: int) -> None:
    with torch.device("meta"):
        unet: Any = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(str(FOLDERS[source] / "unet")))
        unet.requires_grad_(False)
        program.add_lora(unet, rank)
    learning = sum(weight.numel() for weight in unet.parameters() if weight.requires_grad)
    assert learning == trainable(Settings(source=source, rank=rank), "lora")


def test_lora_of_rank_4_is_what_the_question_says() -> None:
    assert trainable(full_size(rank=4), "lora") == 797_184


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize(("source", "side", "batch"), [("dummy", 256, 1), ("embedded", 128, 1)])
def test_activations_are_within_two_percent_of_those_of_a_network_without_content(
    source: Any, side: int, batch: int, checkpointing: bool
) -> None:
    places = side // PLACE[source == "embedded"]
    settings = Settings(source=source, device="cpu", side=side, batch_size=batch, checkpointing=checkpointing)
    config = UNet2DConditionModel.load_config(str(FOLDERS[source] / "unet"))
    with FakeTensorMode():
        unet: Any = UNet2DConditionModel.from_config(config)
        if checkpointing:
            unet.enable_gradient_checkpointing()
        unet.train()
        text = torch.empty(batch, 77, config["cross_attention_dim"])
        with Kept(unet.parameters()) as kept:
            _ = unet(torch.empty(batch, 4, places, places), torch.zeros(batch).long(), text).sample
    assert kept.bytes == pytest.approx(parts(settings, "full")["activations"], rel=0.02)


def test_adam_holds_four_times_the_weights() -> None:
    held = parts(full_size(), "full")
    unet = 4 * 859_520_964
    assert held["gradients"] == unet and held["moments"] == 2 * unet


def test_beside_the_weights_counts_the_way_that_takes_most() -> None:
    assert beside_weights(full_size()).bytes > 3 * 4 * 859_520_964
    assert beside_weights(full_size(ways=("lora",))).bytes < GIB


def test_a_machine_that_is_too_small_for_every_weight_is_told_of_lora_before_the_run() -> None:
    machine = replace(this_machine(), gpus=(), ram_bytes=12 * GIB)
    refusal = plan(LABS["fine_tuning"], full_size(), machine).refusal
    assert isinstance(refusal, OutOfMemory)
    assert "Training every weight takes" in refusal.message and "12.0 GiB of RAM" in refusal.message
    assert "gradients" in refusal.message and "Train LoRA alone" in refusal.remedy
    assert plan(LABS["fine_tuning"], full_size(ways=("lora",)), machine).refusal is None


def test_with_lora_alone_checkpointing_and_the_twin_are_what_is_left() -> None:
    machine = replace(this_machine(), gpus=(), ram_bytes=7 * GIB)
    refusal = too_large(full_size(ways=("lora",), side=512, batch_size=4), machine)
    assert refusal is not None and refusal.message.startswith("LoRA takes")
    assert refusal.remedy == "Switch checkpointing on, or take the small twin."


def test_the_twin_fits_everywhere() -> None:
    assert too_large(Settings(source="embedded", device="cpu"), replace(this_machine(), ram_bytes=1)) is None
