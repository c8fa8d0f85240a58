"""Denoising diffusion from scratch (Ho et al. 2020, arXiv 2006.11239): noise added, learnt and taken away again.

Needs: pip install torch safetensors pillow "diffusers>=0.42"
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import mse_loss

SIDE = 32
"""Pixels, of the pictures that the networks were trained with."""


class Schedule:
    """How much of a picture is left after each of `steps` steps. Step 0 is the first; all fields have shape [steps]."""

    def __init__(self, kind: str = "linear", steps: int = 512, device: str = "cpu") -> None:
        if kind == "linear":
            beta = torch.linspace(1e-4, 0.02, steps)
        else:  # cosine (Nichol and Dhariwal 2021, arXiv 2102.09672)
            kept = torch.cos((torch.linspace(0, 1, steps + 1) + 0.008) / 1.008 * math.pi / 2) ** 2
            beta = (1 - kept[1:] / kept[:-1]).clamp(max=0.999)
        self.beta = beta.to(device)  # variance of the noise that a step adds
        self.alpha = 1 - self.beta
        self.alpha_bar = self.alpha.cumprod(0)  # share of the picture's variance that is left after a step
        before = torch.cat([torch.ones(1, device=device), self.alpha_bar[:-1]])
        self.sigma = (self.beta * (1 - before) / (1 - self.alpha_bar)).sqrt()  # noise that the way back adds


def add_noise(pictures: Tensor, step: Tensor, noise: Tensor, schedule: Schedule) -> Tensor:
    """Pictures [n, 3, side, side] as they are after `step` [n], reached in one jump."""
    kept = schedule.alpha_bar[step].view(-1, 1, 1, 1)
    return kept.sqrt() * pictures + (1 - kept).sqrt() * noise


def add_noise_one_by_one(
    pictures: Tensor, step: int, schedule: Schedule, on_step: Callable[..., Any] | None = None
) -> Tensor:
    """The same, reached through every step before it."""
    for number, beta in enumerate(schedule.beta[: step + 1]):
        pictures = (1 - beta).sqrt() * pictures + beta.sqrt() * torch.randn_like(pictures)
        if on_step:
            on_step(number, pictures)
    return pictures


def time_embedding(step: Tensor, width: int) -> Tensor:
    """Step numbers [n] as waves of many lengths [n, width]: one network serves every step, and has to know which."""
    rates = torch.exp(torch.arange(width // 2, device=step.device) * (-math.log(10_000) / (width // 2)))
    angles = step[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Block(nn.Module):
    """Two convolutions around what the time has to say, and a way past them."""

    def __init__(self, given: int, width: int, time_width: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(8, given), nn.SiLU(), nn.Conv2d(given, width, 3, padding=1))
        self.time = nn.Linear(time_width, width)
        self.second = nn.Sequential(nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1))
        self.past = nn.Conv2d(given, width, 1) if given != width else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        found = self.first(x) + self.time(time)[:, :, None, None]
        return self.second(found) + self.past(x)


class Attention(nn.Module):
    """Lets every place of the smallest picture look at every other."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.look = nn.MultiheadAttention(width, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        places = self.norm(x).flatten(2).transpose(1, 2)
        seen = self.look(places, places, places, need_weights=False)[0]
        return x + seen.transpose(1, 2).reshape(x.shape)


class UNet(nn.Module):
    """Noisy pictures and their steps in, the noise in them out: same height and width, halved and doubled between."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 96), time_width: int = 128) -> None:
        super().__init__()
        self.waves = widths[0]
        self.time = nn.Sequential(nn.Linear(self.waves, time_width), nn.SiLU(), nn.Linear(time_width, time_width))
        self.enter = nn.Conv2d(3, widths[0], 3, padding=1)
        pairs = list(zip(widths, widths[1:] + widths[-1:], strict=True))
        self.down = nn.ModuleList(Block(width, width, time_width) for width in widths)
        self.shrink = nn.ModuleList(nn.Conv2d(here, deeper, 3, stride=2, padding=1) for here, deeper in pairs[:-1])
        self.middle = nn.ModuleList([Attention(widths[-1]), Block(widths[-1], widths[-1], time_width)])
        self.up = nn.ModuleList(Block(deeper + here, here, time_width) for here, deeper in reversed(pairs))
        self.grow = nn.Upsample(scale_factor=2)
        self.leave = nn.Sequential(nn.GroupNorm(8, widths[0]), nn.SiLU(), nn.Conv2d(widths[0], 3, 3, padding=1))

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        time = self.time(time_embedding(step, self.waves))
        x, skips = self.enter(x), []
        for level, block in enumerate(self.down):
            x = block(x, time)
            skips.append(x)
            if level < len(self.shrink):
                x = self.shrink[level](x)
        attention, block = self.middle
        x = block(attention(x), time)
        for level, block in enumerate(self.up):
            if level:
                x = self.grow(x)
            x = block(torch.cat([x, skips.pop()], dim=1), time)  # what was seen on the way down at this size
        return torch.as_tensor(self.leave(x))


def loss_of(model: nn.Module, pictures: Tensor, schedule: Schedule) -> Tensor:
    """What training lowers: noise of a random strength is added to each picture, and the network has to name it."""
    step = torch.randint(len(schedule.beta), (len(pictures),), device=pictures.device)
    noise = torch.randn_like(pictures)
    return mse_loss(model(add_noise(pictures, step, noise, schedule), step), noise)


def load(path: str = "google/ddpm-cifar10-32", device: str = "cuda", stage: Callable[[str], None] = print) -> nn.Module:
    """A trained network: ours where `path` is a folder with its file, else the one of the paper, by diffusers."""
    stage("Reading the weights")
    ours = Path(path) / "model.safetensors"
    if ours.is_file():
        model: nn.Module = UNet()
        model.load_state_dict(load_file(ours))
    else:
        from diffusers import UNet2DModel

        model = UNet2DModel.from_pretrained(path)
    stage(f"Moving the model to {device}")
    return model.to(device).eval()


def predict(model: nn.Module, x: Tensor, step: int) -> Tensor:
    """The noise that the network sees in pictures [n, 3, side, side] at one step: one evaluation."""
    found = model(x, torch.full((len(x),), step, device=x.device))
    return torch.as_tensor(getattr(found, "sample", found))  # diffusers wraps it


@torch.no_grad()
def sample(
    model: nn.Module,
    noise: Tensor,
    schedule: Schedule,
    add_sigma: bool = True,
    on_step: Callable[..., Any] | None = None,
) -> Tensor:
    """Pictures out of `noise` [n, 3, side, side]: every step of the schedule backwards, one evaluation each."""
    x = noise
    for step in reversed(range(len(schedule.beta))):
        predicted = predict(model, x, step)
        x = x - schedule.beta[step] / (1 - schedule.alpha_bar[step]).sqrt() * predicted
        x = x / schedule.alpha[step].sqrt()
        if add_sigma and step > 0:
            x = x + schedule.sigma[step] * torch.randn_like(x)
        if on_step:
            on_step(step, x)
    return x.clamp(-1, 1)


@torch.no_grad()
def sample_ddim(
    model: nn.Module, noise: Tensor, schedule: Schedule, steps: int = 50, on_step: Callable[..., Any] | None = None
) -> Tensor:
    """The same network in fewer evaluations, without noise on the way (Song et al. 2020, arXiv 2010.02502)."""
    x = noise
    chosen = torch.linspace(len(schedule.beta) - 1, 0, steps).round().long().tolist()
    for step, following in zip(chosen, [*chosen[1:], None], strict=True):
        predicted = predict(model, x, step)
        kept = schedule.alpha_bar[step]
        picture = (x - (1 - kept).sqrt() * predicted) / kept.sqrt()
        kept = torch.ones_like(kept) if following is None else schedule.alpha_bar[following]
        x = kept.sqrt() * picture + (1 - kept).sqrt() * predicted
        if on_step:
            on_step(step, x)
    return x.clamp(-1, 1)


def as_tensor(picture: Image.Image, side: int = SIDE) -> Tensor:
    """A picture as numbers from -1 to 1, [1, 3, side, side]."""
    small = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.asarray(small, dtype=np.float32)).permute(2, 0, 1)[None] / 127.5 - 1


def as_picture(x: Tensor) -> Image.Image:
    """Numbers [n, 3, side, side] as one picture, beside each other; what is beyond -1 or 1 is cut off."""
    row = torch.cat(list(x.clamp(-1, 1).cpu()), dim=2)
    return Image.fromarray(((row + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy())
