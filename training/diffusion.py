"""What the two picture twins share: latents, noise, the loss of a denoising network.

A network sees latents `sqrt(a) x0 + sqrt(1 - a) noise` at a step of the schedule that Stable Diffusion was trained
with, and learns to name the noise. Steps with little noise count less (min-SNR, Hang et al. 2023), which makes the
training of a small network several times as fast.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel

from core.models.tokenizer_files import write_clip_tokenizer
from training.captions import vocabulary
from training.data import DEVICE, WORK, as_tensor

LATENT_SIDE = 32
LARGEST_BATCH = 32
"""Of pictures that are encoded together."""
WIDTHS, TIME_WIDTH = (32, 64, 96, 96), 256
"""Channels at 32, 16, 8 and 4 latents a side (words are looked at on the last two), and those that carry the time."""
MAX_TOKENS = 48
VOCABULARY = 1024
LARGEST_SNR_WEIGHT = 5.0
SCHEDULE = DDPMScheduler(
    beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000, clip_sample=False
)


def new_unet(seed: int, **changes: Any) -> UNet2DConditionModel:
    """The small denoising network, the same every time."""
    torch.manual_seed(seed)
    blocks = ("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D")
    settings: dict[str, Any] = {
        "sample_size": LATENT_SIDE,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": WIDTHS,
        "time_embedding_dim": TIME_WIDTH,
        "layers_per_block": 1,
        "down_block_types": blocks,
        "up_block_types": tuple(block.replace("Down", "Up") for block in reversed(blocks)),
        "cross_attention_dim": 96,
        "attention_head_dim": 4,
        "norm_num_groups": 16,
    }
    return UNet2DConditionModel(**settings | changes)


@torch.no_grad()
def inherit(unet: UNet2DConditionModel, parent: UNet2DConditionModel) -> list[str]:
    """Copy the parent's weights; input channels that it did not have begin at zero, so the rest works at once.

    Returns the names that keep their own weights: those that the parent lacks or has in another shape.
    """
    known = parent.state_dict()
    left = []
    for name, value in unet.state_dict().items():
        given = known.get(name)
        if given is not None and given.shape == value.shape:
            value.copy_(given)
        elif given is not None and _is_wider(value, given):
            value.zero_()
            value[:, : given.shape[1]].copy_(given)
        else:
            left.append(name)
    return left


def _is_wider(value: torch.Tensor, given: torch.Tensor) -> bool:
    """Whether `value` has the same shape but more input channels."""
    if value.dim() < 2 or value.shape[0] != given.shape[0] or value.shape[2:] != given.shape[2:]:
        return False
    return bool(value.shape[1] > given.shape[1])


def write_tokenizer(folder: Path, pad_token: str = "<|endoftext|>") -> None:
    """The picture twins' tokenizer: every word of their world is one token, any other falls into letters."""
    write_clip_tokenizer(folder, VOCABULARY, pad_token=pad_token, lines=vocabulary(), model_max_length=MAX_TOKENS)


def latents(name: str, vae: AutoencoderKL, values: np.ndarray) -> torch.Tensor:
    """Scaled latents float32 [n, 4, LATENT_SIDE, LATENT_SIDE] of uint8 pictures on DEVICE, kept in the work folder."""
    path = WORK / "latents" / f"{name}-{len(values)}.pt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        parts = [encode(vae, values[start : start + LARGEST_BATCH]) for start in range(0, len(values), LARGEST_BATCH)]
        torch.save(torch.cat(parts).half(), path)
    return torch.load(path, weights_only=True).float().to(DEVICE)


@torch.no_grad()
def encode(vae: AutoencoderKL, values: np.ndarray) -> torch.Tensor:
    """Scaled latents of a batch of uint8 pictures."""
    with torch.autocast(vae.device.type, torch.bfloat16):
        found = vae.encode(as_tensor(values).to(vae.device)).latent_dist.mean
    return found.float().cpu() * vae.config.scaling_factor


def noise_loss(clean: torch.Tensor, predict: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """Weighted squared error of the noise that `predict(noisy latents, step numbers)` names."""
    noise = torch.randn_like(clean)
    steps = torch.randint(0, SCHEDULE.config.num_train_timesteps, (len(clean),), device=clean.device)
    error = (predict(SCHEDULE.add_noise(clean, noise, steps), steps).float() - noise).square().mean(dim=(1, 2, 3))
    kept = SCHEDULE.alphas_cumprod.to(clean.device)[steps]
    snr = kept / (1 - kept)
    return (error * snr.clamp(max=LARGEST_SNR_WEIGHT) / snr).mean()
