"""Embedded twins: small networks of the same classes, which run in seconds on any processor.

They are untrained for now, and labelled so: they show how a program behaves, not what the real model answers.

    >>> twin_folder("stable-diffusion-1.5", SilentProgress())
    PosixPath('/home/you/.cache/vram-lab/embedded/stable-diffusion-1.5-1')
"""

from pathlib import Path

from core.config import config
from core.measure.progress import Progress
from core.models.catalog import CATALOG, YOLO_FILE, Model
from core.models.written_once import write_once
from core.units import short_count

VERSION = 1
"""Part of the folder's name: raise it when the twins change."""


def label(model: Model) -> str:
    """What the page calls the twin of `model`."""
    return f"untrained twin, {short_count(model.twin_parameters)} parameters"


def twin_folder(model_id: str, progress: Progress) -> Path:
    """The folder of the twin's checkpoint, written now if it is not there yet.

    Raises:
        WeightsUnavailable: the disk is too full.
    """
    model = CATALOG[model_id]
    folder = config().cache_dir / "embedded" / f"{model_id}-{VERSION}"
    what = f"twin of {model.title}"
    write_once(folder, model.twin_parameters * 4, lambda part: _write(model, part, progress), what, progress)
    return folder


def _write(model: Model, folder: Path, progress: Progress) -> None:
    stage = f"Preparing the twin of {model.title}"
    if model.task == "segmentation":
        from core.models.yolo import write_yolo

        progress.report(stage)
        write_yolo(folder / YOLO_FILE, is_twin=True)
    else:
        from core.models.random_checkpoint import write_checkpoint

        write_checkpoint(model, folder, is_twin=True, stage=stage, progress=progress)
