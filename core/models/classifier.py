"""Image classifiers as files of weights, which `torch.load` reads: random ones of the real size, or the trained twin.

torchvision publishes a model's weights as one .pth file; these are laid out the same. The twin is shipped as
safetensors and becomes such a file in the cache: a .pth is a pickle, which can hold a program.

    >>> write_classifier("resnet50", Path("resnet50.pth"))
    >>> write_twin(Path("embedded_models/resnet50"), Path("twin.pth"))
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torchvision.models import get_model

from core.models.small_resnet import SmallResNet, small_resnet

TWIN_WEIGHTS = "model.safetensors"


def network(model_id: str) -> Any:
    """A model of torchvision with its initial weights, the same ones every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return get_model(model_id)


def write_classifier(model_id: str, path: Path) -> None:
    """Save the untrained network in float32, as the published file is."""
    torch.save(network(model_id).state_dict(), path)


def twin_network(folder: Path) -> SmallResNet:
    """The trained twin, in eval mode.

    Raises:
        FileNotFoundError: the weights are not in `folder`.
        RuntimeError: the weights do not fit the network.
        safetensors.SafetensorError: the file is damaged.
    """
    with torch.random.fork_rng(devices=[]):
        built = small_resnet()
    built.load_state_dict(load_file(folder / TWIN_WEIGHTS))
    built.eval()
    return built


def write_twin(folder: Path, path: Path) -> None:
    """Save the trained twin, whose shipped file is in `folder`, as the .pth file `path`; raises as twin_network."""
    torch.save(twin_network(folder).state_dict(), path)
