"""Dummy weights: the real architecture at the real size with random values, so that time and memory are true.

They are a checkpoint on disk, written once and then loaded exactly as the Hub's is: same files, same dtype, same
`from_pretrained`. What the model says or draws means nothing.

    >>> dummy_folder("qwen3-0.6b", SilentProgress())
    PosixPath('/home/you/.cache/vram-lab/dummy/qwen3-0.6b')
"""

from pathlib import Path

from core.measure.progress import Progress
from core.models.catalog import CATALOG, Model
from core.models.sources import WRITTEN_MARK, dummy_is_written, dummy_path
from core.models.written_once import write_once

LABEL = "random weights of the real size"


def dummy_folder(model_id: str, progress: Progress) -> Path:
    """The folder of the dummy checkpoint, written now if it is not there yet.

    Raises:
        WeightsUnavailable: the disk is too full.
        RunCancelled: the run was stopped while it was being written; nothing of it is kept.
    """
    model = CATALOG[model_id]
    folder = dummy_path(model_id)
    write_once(
        folder,
        model.stored_bytes,
        lambda part: _write(model, part, progress),
        f"dummy weights of {model.title}",
        progress,
        lambda: dummy_is_written(model_id),
    )
    return folder


def _write(model: Model, folder: Path, progress: Progress) -> None:
    stage = f"Writing dummy weights of {model.title}"
    if model.task == "segmentation":
        from core.models.yolo import write_yolo

        progress.report(stage)
        write_yolo(folder / str(model.file))
    elif model.task == "image-classification":
        from core.models.classifier import write_classifier

        progress.report(stage)
        write_classifier(model.id, folder / str(model.file))
    else:
        from core.models.random_checkpoint import write_checkpoint

        write_checkpoint(model, folder, stage=stage, progress=progress)
    (folder / "written.json").write_text(WRITTEN_MARK + "\n", encoding="utf-8")
