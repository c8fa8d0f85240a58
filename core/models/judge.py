"""The judge of the small twins' pictures: how sure it is of what a picture shows, and what of it a prompt asked for.

It takes CLIP's place where a twin draws. CLIP knows any text; the judge knows four questions about small drawn
landscapes, and answers each with a probability per answer.

    >>> judge = read_judge(Path("embedded_models/clip-vit-base-patch16"))
    >>> sureness(judge, picture)["time"]["sunset"]
    0.998
    >>> asked_for("A calm sea at dusk")
    {'scene': ('sea',), 'time': ('sunset',)}
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

SIDE = 64
"""What the judge looks at: larger pictures are reduced to it, as by standing further away."""
WEIGHTS = "model.safetensors"
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "scene": ("city skyline", "mountains", "sea", "forest"),
    "time": ("day", "sunset", "night"),
    "object": ("none", "house", "boat", "tree", "cat"),
    "style": ("digital art", "watercolor painting", "comic book style"),
}
"""What it is asked about a picture, and the answers it has."""
PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "scene": {
        "city skyline": ("city", "skyline", "town"),
        "mountains": ("mountain", "mountains"),
        "sea": ("sea", "ocean"),
        "forest": ("forest", "woods"),
    },
    "time": {
        "day": ("day", "noon"),
        "sunset": ("sunset", "dusk", "evening"),
        "night": ("night", "moonlight", "stars"),
    },
    "object": {
        "house": ("house", "cottage"),
        "boat": ("boat", "ship"),
        "tree": ("tree",),
        "cat": ("cat",),
    },
    "style": {
        "digital art": ("digital art", "digital painting"),
        "watercolor painting": ("watercolor", "watercolour"),
        "comic book style": ("comic", "cartoon drawing"),
    },
}
"""By which words a prompt asks for an answer."""
NO_TEXT = "the prompt is empty"
NOTHING_ASKED = "the prompt asks for nothing that the judge knows"
WIDTHS = (3, 24, 48, 96, 96)


class Judge(nn.Module):  # type: ignore[misc]
    """Four convolutions and one linear layer per attribute."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise(WIDTHS):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        self.trunk = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.1))
        numbers = WIDTHS[-1] * (SIDE // 2 ** (len(WIDTHS) - 1)) ** 2
        self.heads = nn.ModuleDict({name: nn.Linear(numbers, len(values)) for name, values in ATTRIBUTES.items()})

    def forward(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """Scores [n, values of the attribute] per attribute, of pictures [n, 3, SIDE, SIDE] from -1 to 1."""
        features = self.trunk(batch)
        return {name: head(features) for name, head in self.heads.items()}


def read_judge(folder: Path) -> Judge:
    """The trained judge, in eval mode.

    Raises:
        FileNotFoundError: the weights are not in `folder`.
        RuntimeError: the weights do not fit the network.
        safetensors.SafetensorError: the file is damaged.
    """
    with torch.random.fork_rng(devices=[]):
        judge = Judge()
    judge.load_state_dict(load_file(folder / WEIGHTS))
    judge.eval()
    return judge


def sureness(judge: Judge, picture: Image.Image) -> dict[str, dict[str, float]]:
    """The judge's probability, 0 to 1, of every answer to every question about a picture of any size."""
    small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    values = torch.from_numpy(np.array(small)).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.inference_mode():
        scores = judge(values.to(next(judge.parameters()).device))
    return {
        name: dict(zip(ATTRIBUTES[name], scores[name][0].softmax(dim=0).tolist(), strict=True)) for name in ATTRIBUTES
    }


def asked_for(prompt: str) -> dict[str, tuple[str, ...]]:
    """Which answers a prompt names, by attribute; attributes that it leaves open are left out."""
    text = prompt.lower()
    named = {
        name: tuple(answer for answer, phrases in answers.items() if any(_holds(text, phrase) for phrase in phrases))
        for name, answers in PHRASES.items()
    }
    return {name: answers for name, answers in named.items() if answers}


def agreement(seen: dict[str, dict[str, float]], prompt: str) -> dict[str, Any]:
    """How sure the judge is of what a prompt asks for, on average, 0 to 100: `similarity`, and each part under `asked`.

    Of several answers to one question, any counts. Of a prompt that asks for nothing `similarity` is None.

    Args:
        seen: what `sureness` gave.
    """
    asked = [
        {"attribute": name, "wanted": list(answers), "sure": min(1.0, sum(seen[name][each] for each in answers))}
        for name, answers in asked_for(prompt).items()
    ]
    if not asked:
        return {"similarity": None, "similarity_reason": NOTHING_ASKED if prompt.strip() else NO_TEXT}
    mean = sum(each["sure"] for each in asked) / len(asked)  # type: ignore[misc]
    return {"similarity": 100 * mean, "asked": asked}


def _holds(text: str, phrase: str) -> bool:
    return re.search(rf"\b{phrase}\b", text) is not None
