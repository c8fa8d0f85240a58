"""YOLOv8-seg as a .pt file, which is what `YOLO(path)` reads: the real size with random weights, or the trained twin.

Both are ultralytics' own architecture, saved as ultralytics saves it. The twin is shipped as numbers and an
architecture file, not as a .pt: a .pt is a pickle, which can hold a program.

    >>> write_yolo(Path("yolov8n-seg.pt"))
    >>> write_twin(Path("embedded_models/yolov8n-seg"), Path("twin.pt"))
    >>> YOLO("twin.pt").predict(picture)
"""

from pathlib import Path
from typing import Any

from core.models.environment import prepare

prepare()

import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from ultralytics import YOLO  # noqa: E402
from ultralytics.nn.tasks import SegmentationModel, yaml_model_load  # noqa: E402
from ultralytics.utils import ROOT, YAML  # noqa: E402

ARCHITECTURE = "yolov8n-seg.yaml"
TWIN_ARCHITECTURE, TWIN_WEIGHTS = "architecture.yaml", "model.safetensors"
"""Files of the shipped twin; the first is ultralytics' own with our scale, names and side (`imgsz`, in pixels)."""


def network() -> Any:
    """The network with its initial weights, the same ones every time, and the names of COCO's 80 classes."""
    architecture = yaml_model_load(ARCHITECTURE)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        built = SegmentationModel(architecture, verbose=False)
    built.names = YAML.load(ROOT / "cfg" / "datasets" / "coco.yaml")["names"]
    return built


def write_yolo(path: Path) -> None:
    """Save the untrained network, in float16 as the published file is."""
    _save(network(), path, {})


def write_twin(folder: Path, path: Path) -> None:
    """Save the trained twin, whose shipped files are in `folder`, as the .pt file `path`.

    Raises:
        FileNotFoundError: one of the two files is not in `folder`.
        RuntimeError: the weights do not fit the architecture.
        safetensors.SafetensorError: the file of the weights is damaged.
    """
    architecture = YAML.load(folder / TWIN_ARCHITECTURE)
    with torch.random.fork_rng(devices=[]):
        built = SegmentationModel(architecture, verbose=False)
    built.load_state_dict(load_file(folder / TWIN_WEIGHTS))
    built.names = architecture["names"]
    _save(built, path, {"imgsz": architecture["imgsz"]})


def _save(built: Any, path: Path, trained_with: dict[str, Any]) -> None:
    with torch.random.fork_rng(devices=[]):
        model = YOLO(ARCHITECTURE)
    built.args, built.task = {**model.model.args, **trained_with}, model.task
    # What predicting takes as its defaults, once the file is read.
    model.model, model.ckpt = built, {"train_args": trained_with}
    model.save(path)
