"""A small diffusion model trained from nothing (Ho et al. 2020, arXiv 2006.11239), with what every training has.

Needs: pip install torch pillow "diffusers>=0.42"
"""

import copy
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMScheduler, UNet2DModel
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d, mse_loss
from torch.nn.utils import clip_grad_norm_

TILE = 32
"""Pixels, of a picture in the sheet."""
HELD_OUT = 64
"""Pictures that the training never sees."""
SMALL = {
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    "norm_num_groups": 8,
}
NETWORKS: dict[str, dict[str, Any]] = {
    "small": {"sample_size": 16, "block_out_channels": (24, 48, 48), **SMALL},
    "medium": {"sample_size": 32, "block_out_channels": (48, 96, 96), **SMALL},
    "paper": {  # as the paper's for CIFAR-10
        "sample_size": 32,
        "block_out_channels": (128, 256, 256, 256),
        "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": None,
        "downsample_padding": 0,
        "flip_sin_to_cos": False,
        "freq_shift": 1,
        "norm_eps": 1e-6,
    },
}


def load_pictures(sheet: str, side: int) -> tuple[Tensor, Tensor]:
    """Pictures to train with and held-out ones, each [n, 3, side, side] from -1 to 1, cut from one sheet of tiles."""
    pixels = torch.from_numpy(np.array(Image.open(sheet).convert("RGB"), dtype=np.float32)) / 127.5 - 1
    rows = pixels.unfold(0, TILE, TILE).unfold(1, TILE, TILE)  # [down, across, 3, TILE, TILE]
    tiles = avg_pool2d(rows.flatten(0, 1), TILE // side)
    return tiles[:-HELD_OUT], tiles[-HELD_OUT:]


def build(network: str = "small", device: str = "cpu", seed: int = 7) -> UNet2DModel:
    """A UNet with random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return UNet2DModel(**NETWORKS[network]).to(device)


def noise_loss(model: UNet2DModel, pictures: Tensor, step: Tensor, noise: Tensor, schedule: DDPMScheduler) -> Tensor:
    """What training lowers: noise of a random strength is added to each picture, and the network has to name it."""
    noisy = schedule.add_noise(pictures, noise, step)
    return mse_loss(model(noisy, step).sample.float(), noise)


@torch.no_grad()
def average(averaged: UNet2DModel, model: UNet2DModel, step: int, decay: float = 0.99) -> None:
    """Move each averaged weight a little towards the trained one: by more in the first steps, whose weights are bad."""
    decay = min(decay, (1 + step) / (10 + step))
    for slow, fast in zip(averaged.parameters(), model.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)


@dataclass
class Training:
    """A network in training, and all that has to be kept beside its weights to go on."""

    model: UNet2DModel
    steps: int = 600
    learning_rate: float = 2e-3
    warm_up: int = 30
    batch: int = 32
    accumulate: int = 1
    mixed_precision: bool = False
    checkpointing: bool = False
    seed: int = 7
    step: int = 0
    schedule: DDPMScheduler = field(default_factory=DDPMScheduler)

    def __post_init__(self) -> None:
        self.averaged = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.learning_rate)
        self.random = torch.Generator().manual_seed(self.seed)
        if self.checkpointing:  # activations are thrown away and computed anew on the way back
            self.model.enable_gradient_checkpointing()

    def rate(self) -> float:
        """The learning rate of the next step: a straight line up, then half a cosine down to nothing."""
        if self.step < self.warm_up:
            return self.learning_rate * (self.step + 1) / self.warm_up
        share = (self.step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * (1 + math.cos(math.pi * min(1.0, share))) / 2

    def draw(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A batch: pictures, how far each goes into noise, and the noise."""
        chosen = pictures[torch.randint(len(pictures), (self.batch,), generator=self.random)]
        step = torch.randint(len(self.schedule.betas), (self.batch,), generator=self.random)
        noise = torch.randn(chosen.shape, generator=self.random)
        device = self.model.device
        return chosen.to(device), step.to(device), noise.to(device)

    def precision(self) -> AbstractContextManager[Any]:
        """Products in bfloat16 where that is asked for; weights and sums stay in float32."""
        return torch.autocast(self.model.device.type, torch.bfloat16) if self.mixed_precision else nullcontext()

    def backward(self, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Gradients of a batch, added up over `accumulate` parts of it; gives its loss."""
        self.model.train()
        total = torch.zeros((), device=self.model.device)
        for pictures, step, noise in zip(*(values.chunk(self.accumulate) for values in batch), strict=True):
            with self.precision():
                loss = noise_loss(self.model, pictures, step, noise, self.schedule) * len(pictures) / self.batch
            loss.backward()
            total = total + loss.detach()
        return total

    def train_step(self, pictures: Tensor) -> Tensor:
        """One batch, one change of every weight; gives the loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        loss = self.backward(self.draw(pictures))
        clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        average(self.averaged, self.model, self.step)
        self.step += 1
        return loss

    def state(self) -> dict[str, Any]:
        """Everything that going on needs, the random numbers' place included."""
        parts = {"model": self.model, "averaged": self.averaged, "optimizer": self.optimizer}
        kept = {name: part.state_dict() for name, part in parts.items()}
        return {"step": self.step, "random": self.random.get_state(), **kept}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.random.set_state(state["random"])
        self.step = state["step"]


def train(training: Training, pictures: Tensor, on_step: Callable[[int, Tensor], bool] = lambda *_: True) -> None:
    """Step by step to the end, or until `on_step` says no."""
    while training.step < training.steps:
        loss = training.train_step(pictures)
        if not on_step(training.step, loss):
            return


@torch.no_grad()
def held_out_loss(model: UNet2DModel, pictures: Tensor, schedule: DDPMScheduler, seed: int = 0) -> float:
    """The loss of pictures that the training never sees, with the same steps and noise every time."""
    random = torch.Generator().manual_seed(seed)
    step = torch.linspace(0, len(schedule.betas) - 1, len(pictures)).long()
    noise = torch.randn(pictures.shape, generator=random)
    pictures, step, noise = (each.to(model.device) for each in (pictures, step, noise))
    return float(noise_loss(model.eval(), pictures, step, noise, schedule))


@torch.no_grad()
def sample(model: UNet2DModel, noise: Tensor, steps: int = 20) -> Tensor:
    """Pictures out of `noise` [n, 3, side, side], by DDIM."""
    schedule = DDIMScheduler(clip_sample=True)
    schedule.set_timesteps(steps)
    x, model = noise.to(model.device), model.eval()
    for step in schedule.timesteps:
        x = schedule.step(model(x, step).sample, step, x).prev_sample
    return x.clamp(-1, 1)


def as_picture(x: Tensor) -> Image.Image:
    """Pictures [n, 3, side, side] beside each other as one."""
    row = torch.cat(list(x.clamp(-1, 1).cpu()), dim=2)
    return Image.fromarray(((row + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy())
