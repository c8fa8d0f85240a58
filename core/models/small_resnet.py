"""The network of the embedded classifier: torchvision's ResNet at an eighth of its channels, known there by name.

torchvision fixes the channels of its ResNet, so the class below divides them. Registered as `small_resnet`, it is built
and described the way every model of torchvision is:

    >>> import core.models.small_resnet
    >>> get_model("small_resnet")(pictures).shape
    torch.Size([1, 5])
    >>> get_model_weights("small_resnet").SCENES_V1.meta["categories"]
    ['no object', 'house', 'boat', 'tree', 'cat']
"""

from functools import partial
from typing import Any

from torch import nn
from torchvision.models._api import Weights, WeightsEnum, register_model
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.transforms._presets import ImageClassification

NARROWER = 8
CATEGORIES = ("no object", "house", "boat", "tree", "cat")
RESIZE_PX, CROP_PX = 73, 64
MEAN, STD = (0.441, 0.456, 0.507), (0.284, 0.266, 0.255)
"""Of the red, green and blue values, 0 to 1, of all pictures that it was trained on."""


class SmallResNet(ResNet):  # type: ignore[misc]
    """ResNet with one bottleneck per stage, and an eighth of the channels in each."""

    def __init__(self, num_classes: int) -> None:
        super().__init__(Bottleneck, [1, 1, 1, 1], num_classes)
        self.fc = nn.Linear(self.inplanes, num_classes)

    def _make_layer(self, block: Any, planes: int, blocks: int, stride: int = 1, dilate: bool = False) -> Any:
        return super()._make_layer(block, planes // NARROWER, blocks, stride, dilate)


class SmallResNet_Weights(WeightsEnum):  # type: ignore[misc] # noqa: N801
    """How the shipped weights want their pictures, and what their outputs are called."""

    SCENES_V1 = Weights(
        url="",
        transforms=partial(ImageClassification, crop_size=CROP_PX, resize_size=RESIZE_PX, mean=MEAN, std=STD),
        meta={"categories": list(CATEGORIES)},
    )


def small_resnet(*, weights: SmallResNet_Weights | None = None, num_classes: int = len(CATEGORIES)) -> SmallResNet:
    """The network with its initial weights; the trained ones are a file beside their card."""
    return SmallResNet(num_classes)


register_model()(small_resnet)
