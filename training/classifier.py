"""Trains the classifier: torchvision's ResNet at an eighth of its channels. python -m training.classifier

It names the object in a drawn scene. As with ImageNet's models, pictures are drawn a little larger than the network
sees them; training crops them here and there and mirrors half, and every value is normalised by the training set's own
mean and standard deviation, which core.models.small_resnet states and `statistics` works out.

    >>> evaluate(Path("embedded_models/resnet50"), pictures=1000)["accuracy"]
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy

from core.models.classifier import TWIN_WEIGHTS, twin_network
from core.models.small_resnet import CATEGORIES, CROP_PX, MEAN, RESIZE_PX, STD, SmallResNet
from training.data import WORK, as_tensor, pictures, scene_set
from training.judge import jittered
from training.loop import Training
from training.scenes import OBJECTS, Scene

SEED, SCENES, BATCH, STEPS, LEARNING_RATE = 41, 12_000, 32, 2000, 2e-3
NETWORK_SEED = 43
"""Of first weights and batches. With it the network also names the toy cat on the table, which question I3 shows."""
HELD_OUT_SEED, HELD_OUT = 42, 1000
SHIPPED = Path(__file__).parent.parent / "embedded_models" / "resnet50"
ASIDE_PX = (RESIZE_PX - CROP_PX) // 2


def truth(scenes: list[Scene]) -> torch.Tensor:
    """Number of each scene's category; CATEGORIES follow OBJECTS, which calls "no object" none."""
    return torch.tensor([OBJECTS.index(scene.object) for scene in scenes])


def statistics(values: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of red, green and blue, 0 to 1, of uint8 pictures [n, row, column, RGB]."""
    shares = values.reshape(-1, 3) / 255
    return shares.mean(axis=0).round(3).tolist(), shares.std(axis=0).round(3).tolist()


def seen(values: np.ndarray, is_normalised: bool = True) -> torch.Tensor:
    """What the network is given of uint8 pictures: the middle, 0 to 1 [n, 3, 64, 64], normalised."""
    middle = slice(ASIDE_PX, ASIDE_PX + CROP_PX)
    shares = as_tensor(values[:, middle, middle]) / 2 + 0.5
    return normalised(shares) if is_normalised else shares


def normalised(shares: torch.Tensor) -> torch.Tensor:
    """Values 0 to 1 [n, 3, row, column], less the mean, divided by the standard deviation."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    return (shares - mean) / std


def batch(values: np.ndarray) -> torch.Tensor:
    """Training pictures: cropped somewhere near the middle, half of them mirrored, a little changed, normalised."""
    top, left = torch.randint(0, 2 * ASIDE_PX + 1, (2,)).tolist()
    cropped = as_tensor(values[:, top : top + CROP_PX, left : left + CROP_PX])
    mirrored = torch.where(torch.rand(len(cropped), 1, 1, 1) < 0.5, cropped.flip(3), cropped)
    return normalised(jittered(mirrored) / 2 + 0.5)


@torch.no_grad()
def accuracy(network: SmallResNet, given: torch.Tensor, true: torch.Tensor, together: int = 250) -> float:
    """Share of pictures whose likeliest category is the true one, `together` of them in each batch."""
    said = [network(part).argmax(dim=1) for part in given.split(together)]
    return round(float((torch.cat(said) == true).float().mean()), 4)


def evaluate(folder: Path, pictures_count: int) -> dict[str, Any]:
    """How often the shipped twin is right on held-out scenes, and what each mistake of its user costs.

    Returns:
        accuracy, accuracy_without_normalising, accuracy_in_training_mode_alone (each picture a batch of its own),
        accuracy_in_training_mode_of_32, by_category, pictures, parameters, file_bytes.
    """
    scenes = scene_set(HELD_OUT_SEED, pictures_count)
    values, true = pictures("classifier-held-out", scenes, RESIZE_PX), truth(scenes)
    given, network = seen(values), twin_network(folder)
    right = {
        name: accuracy(network, given[true == number], true[true == number]) for number, name in enumerate(CATEGORIES)
    }
    return {
        "accuracy": accuracy(network, given, true),
        "accuracy_without_normalising": accuracy(network, seen(values, is_normalised=False), true),
        # Training mode writes over the running statistics, but does not read them.
        "accuracy_in_training_mode_alone": accuracy(network.train(), given, true, together=1),
        "accuracy_in_training_mode_of_32": accuracy(network.train(), given, true, together=32),
        "by_category": right,
        "pictures": pictures_count,
        "parameters": sum(value.numel() for value in network.parameters()),
        "file_bytes": (folder / TWIN_WEIGHTS).stat().st_size,
    }


def train(steps: int, scenes: list[Scene], values: np.ndarray) -> tuple[SmallResNet, dict[str, Any]]:
    """The trained network and the training's note."""
    torch.manual_seed(NETWORK_SEED)
    network, true = SmallResNet(len(CATEGORIES)).train(), truth(scenes)
    training = Training("classifier", {"network": network}, steps, LEARNING_RATE, is_averaged=False)
    for step in training:
        chosen = np.random.default_rng((NETWORK_SEED, step)).integers(len(scenes), size=BATCH)
        training.descend(cross_entropy(network(batch(values[chosen])), true[chosen]))
    return network, training.finish()


def ship(network: SmallResNet, folder: Path) -> None:
    """Write the weights as they were trained, in float32."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, folder / TWIN_WEIGHTS)
    # It is written for its owner alone.
    (folder / TWIN_WEIGHTS).chmod(0o644)


def main() -> None:
    scenes = scene_set(SEED, SCENES)
    network, story = train(STEPS, scenes, pictures("classifier", scenes, RESIZE_PX))
    ship(network, SHIPPED)
    story |= {"training_pictures": SCENES, "seed": SEED, **evaluate(SHIPPED, HELD_OUT)}
    (WORK / "classifier.json").write_text(json.dumps(story, indent=1))
    print(json.dumps(story))


if __name__ == "__main__":
    main()
