"""Name what is in a picture with a network of torchvision, one picture at a time or many at once.

Needs: pip install torch torchvision pillow
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image, ImageOps
from torchvision.models import get_model, get_model_weights
from torchvision.transforms import functional


def load(
    name: str = "resnet50",
    version: str = "IMAGENET1K_V1",
    path: str | None = None,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    stage: Callable[[str], None] = print,
) -> tuple[Any, Any]:
    """The network on its device, and what was published with its weights: categories, and how pictures are prepared.

    The weights are downloaded, unless `path` is their file.
    """
    stage("Building the network")
    published = get_model_weights(name)[version]
    model = get_model(name)

    stage("Reading the weights")
    # weights_only: the file is a pickle, which could hold a program.
    weights = torch.load(path, weights_only=True) if path else published.get_state_dict(check_hash=True)
    model.load_state_dict(weights)

    stage(f"Moving the network to {device}")
    return model.to(device, dtype), published


def layers(model: Any) -> dict[str, int]:
    """How many layers of each type the network has."""
    return dict(Counter(type(part).__name__ for part in model.modules() if not list(part.children())))


def preprocess(
    picture: Image.Image, published: Any, normalise: bool = True
) -> tuple[Image.Image, Image.Image, torch.Tensor]:
    """The picture after each step: resized, cropped, and as numbers [3, height, width]."""
    recipe = published.transforms()
    resized = functional.resize(picture, recipe.resize_size)  # the shorter side, so that nothing is squeezed
    cropped = functional.center_crop(resized, recipe.crop_size)
    numbers = functional.to_tensor(cropped)  # 0 to 1
    if normalise:
        # As in training: every colour less its mean, divided by its standard deviation.
        numbers = functional.normalize(numbers, recipe.mean, recipe.std)
    return resized, cropped, numbers


def classify(model: Any, batch: torch.Tensor, inference_mode: bool = True) -> torch.Tensor:
    """Probabilities [picture, category] of a batch [picture, 3, height, width]."""
    weights = next(model.parameters())
    with torch.inference_mode(inference_mode):
        scores = model(batch.to(weights.device, weights.dtype))
        return scores.float().softmax(dim=1).cpu()


def top(probabilities: torch.Tensor, categories: list[str], count: int = 5) -> list[tuple[str, float]]:
    """The likeliest categories of one picture, and their probabilities."""
    values, numbers = probabilities.topk(count)
    return [(categories[number], value) for number, value in zip(numbers.tolist(), values.tolist(), strict=True)]


def views(picture: Image.Image, count: int) -> list[Image.Image]:
    """So many different pictures: the whole one, then parts of it, every second one mirrored; always the same ones."""
    made, chance = [picture], random.Random(0)
    while len(made) < count:
        share = chance.uniform(0.4, 0.9)
        width, height = int(picture.width * share), int(picture.height * share)
        left, top = chance.randint(0, picture.width - width), chance.randint(0, picture.height - height)
        part = picture.crop((left, top, left + width, top + height))
        made.append(ImageOps.mirror(part) if len(made) % 2 else part)
    return made
