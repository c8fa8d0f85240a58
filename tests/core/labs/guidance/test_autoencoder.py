"""Sizes and operations against what can be worked out by hand, and what is lost."""

from typing import Any

import pytest
from PIL import Image

from core.labs.guidance import autoencoder, program
from core.measure.work import flops
from core.runs.pictures import SHIPPED


def test_sizes_and_operations_follow_from_the_architecture(pipe: Any) -> None:
    found = autoencoder.sizes(pipe, 128)
    assert (found["latent_numbers"], found["picture_numbers"]) == (4 * 32 * 32, 3 * 128 * 128)
    # 16 times as many places: the convolutions grow with them, attention with their square.
    assert 16 < found["unet_flops_on_pixels"] / found["unet_flops"] < 256
    half = autoencoder.sizes(pipe, 64)
    assert half["unet_flops_on_pixels"] == autoencoder.sizes(pipe, 256)["unet_flops"]
    assert half["decoder_flops"] < found["decoder_flops"]


def test_operations_are_those_of_a_call_that_was_made(pipe: Any) -> None:
    import torch

    text = pipe.text_encoder.config.hidden_size
    call = (torch.zeros(1, 4, 32, 32), torch.tensor(5), torch.zeros(1, pipe.tokenizer.model_max_length, text))
    assert autoencoder.sizes(pipe, 128)["unet_flops"] == flops(pipe.unet, call, {})


def test_a_picture_there_and_back_loses_a_little(pipe: Any) -> None:
    picture = Image.open(SHIPPED["scene"]).convert("RGB").resize((128, 128))
    back, figures = autoencoder.there_and_back(pipe, picture)
    assert back.size == picture.size
    assert 20 < figures["psnr_db"] < 45 and 0 < figures["mean_difference"] < 20
    assert figures["mean_difference"] < figures["largest_difference"] <= 255


def test_a_loss_of_nothing_has_no_ratio(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.new("RGB", (64, 64), "navy")
    monkeypatch.setattr(program, "decode", lambda pipe, latents: picture.copy())
    figures = autoencoder.there_and_back(pipe, picture)[1]
    assert figures["psnr_db"] is None and figures["psnr_db_reason"] and figures["mean_difference"] == 0
