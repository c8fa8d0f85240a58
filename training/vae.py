"""Trains the picture twins' autoencoder: 128 x 128 pixels to 32 x 32 x 4 numbers and back. python -m training.vae

Four channels, because the stock inpainting pipeline takes 9 (4 + 4 + 1) and no other number. It begins with what the
shipped autoencoder knows, where there is one of the same shape: being convolutional, that one codes any size.

The loss is the absolute error of pixels and of differences between neighbours (edges), and a little of the
divergence from a normal distribution, which keeps the numbers in a range that noise can be added to.
"""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file

from training.data import DEVICE, SIDE, WORK, as_tensor, pictures, scene_set
from training.loop import Training

SEED, SCENES, BATCH, STEPS, LEARNING_RATE = 11, 12_000, 4, 500, 8e-4
WIDTHS = (24, 48, 64)
"""Channels at 128, 64 and 32 pixels a side."""
SHIPPED = Path("embedded_models") / "stable-diffusion-1.5" / "vae"
EDGES, DIVERGENCE = 0.5, 1e-3
FOLDER = WORK / "vae"


def new_vae() -> AutoencoderKL:
    """The network with the shipped weights if they fit, else untrained; the same every time."""
    torch.manual_seed(SEED)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(WIDTHS),
        up_block_types=("UpDecoderBlock2D",) * len(WIDTHS),
        block_out_channels=WIDTHS,
        layers_per_block=1,
        norm_num_groups=8,
        latent_channels=4,
        sample_size=SIDE,
    )
    if SHIPPED.exists():
        known, own = load_file(SHIPPED / "diffusion_pytorch_model.safetensors"), vae.state_dict()
        vae.load_state_dict({name: known.get(name, value) for name, value in own.items()})
    return vae


def loss_of(vae: AutoencoderKL, batch: torch.Tensor) -> torch.Tensor:
    """Reconstruction and divergence of `batch` [n, 3, SIDE, SIDE]."""
    with torch.autocast(batch.device.type, torch.bfloat16):
        latents = vae.encode(batch).latent_dist
        again = vae.decode(latents.sample()).sample.float()
    return difference(again, batch) + DIVERGENCE * latents.kl().mean() / latents.mean[0].numel()


def difference(again: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
    """Absolute error of the pixels, and of the differences between neighbouring ones."""
    off = again - batch
    return off.abs().mean() + EDGES * (off.diff(dim=2).abs().mean() + off.diff(dim=3).abs().mean())


def scaling_factor(vae: AutoencoderKL, batch: torch.Tensor) -> float:
    """What latents are multiplied with to have a standard deviation of 1."""
    with torch.no_grad():
        return 1 / float(vae.encode(batch).latent_dist.mean.std())


def train() -> None:
    """Encoder and decoder together."""
    data, vae = pictures("train", scene_set(SEED, SCENES)), new_vae().to(DEVICE).train()
    training = Training("vae", {"vae": vae}, STEPS, LEARNING_RATE, is_averaged=True)
    for step in training:
        training.descend(loss_of(vae, as_tensor(data[_chosen(step, BATCH)]).to(DEVICE)))
    training.finish()
    vae.register_to_config(scaling_factor=round(scaling_factor(vae, as_tensor(data[:512]).to(DEVICE)), 5))
    vae.save_pretrained(FOLDER)


def _chosen(step: int, count: int) -> np.ndarray:
    return np.random.default_rng((SEED, step)).integers(SCENES, size=count)


if __name__ == "__main__":
    train()
