"""Operations counted from the architecture, against hand counts and published ones."""

import json

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from core.measure.work import flops
from core.models.catalog import CONFIGS


def test_a_linear_layer_is_two_operations_per_weight() -> None:
    assert flops(nn.Linear(30, 40), (torch.empty(5, 30),), {}) == 2 * 5 * 30 * 40


def test_a_convolution_is_two_operations_per_weight_and_pixel() -> None:
    assert flops(nn.Conv2d(3, 8, 3, padding=1), (torch.empty(1, 3, 16, 16),), {}) == 2 * 3 * 8 * 9 * 16 * 16


def test_the_network_itself_is_neither_computed_nor_changed() -> None:
    layer = nn.Linear(4, 4)
    before = layer.weight.clone()
    flops(layer, (torch.full((1, 4), float("nan")),), {})
    assert torch.equal(layer.weight, before) and layer.weight.device.type == "cpu"


def test_stable_diffusion_takes_401_6_billion_products_per_evaluation() -> None:
    """The published count of its UNet at 512 x 512; guidance doubles it."""
    configuration = json.loads((CONFIGS / "stable-diffusion-1.5" / "unet" / "config.json").read_text())
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(configuration)
    counted = flops(unet, (torch.empty(1, 4, 64, 64), 5), {"encoder_hidden_states": torch.empty(1, 77, 768)})
    assert abs(counted / 2 / 1e9 - 401.6) < 0.2
