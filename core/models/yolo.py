"""YOLOv8n-seg as a .pt file: ultralytics' own architecture file, unpretrained, saved as ultralytics saves it.

>>> write_yolo(Path("yolov8n-seg.pt"), is_twin=False)
>>> YOLO("yolov8n-seg.pt").predict(picture)
"""

from pathlib import Path
from typing import Any

from core.models.environment import prepare

prepare()

import torch  # noqa: E402
from ultralytics import YOLO  # noqa: E402
from ultralytics.nn.tasks import SegmentationModel, yaml_model_load  # noqa: E402
from ultralytics.utils import ROOT, YAML  # noqa: E402

ARCHITECTURE = "yolov8n-seg.yaml"
TWIN_SCALE = (0.33, 0.125, 256)
"""Depth, width and most channels of the twin; YOLOv8n has 0.33, 0.25 and 1024."""


def network(is_twin: bool) -> Any:
    """The network with its initial weights, the same ones every time."""
    architecture = yaml_model_load(ARCHITECTURE)
    if is_twin:
        architecture["scales"] = {architecture["scale"]: TWIN_SCALE}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        built = SegmentationModel(architecture, verbose=False)
    built.names = YAML.load(ROOT / "cfg" / "datasets" / "coco.yaml")["names"]
    return built


def write_yolo(path: Path, *, is_twin: bool) -> None:
    """Save the untrained network, in float16 as the published file is, with the names of COCO's 80 classes."""
    model = YOLO(ARCHITECTURE)
    arguments = model.model.args
    model.model = network(is_twin)
    model.model.args, model.model.task = arguments, model.task
    model.save(path)
