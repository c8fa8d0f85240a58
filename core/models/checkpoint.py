"""One door to weights from any source: a folder that `from_pretrained` takes, or a file for `YOLO` or `torch.load`.

>>> found = checkpoint("qwen3-0.6b", "dummy", SilentProgress())
>>> AutoModelForCausalLM.from_pretrained(found.path, dtype=torch.float32)
"""

from dataclasses import dataclass
from typing import Literal

from core.errors import InvalidSettings
from core.measure.progress import Progress
from core.models.catalog import CATALOG
from core.models.environment import prepare

prepare()


@dataclass(frozen=True)
class Checkpoint:
    """Weights on this machine.

    Attributes:
        path: folder for `from_pretrained`, or the file for `YOLO` or `torch.load`.
        repo, revision: where they were downloaded from, at which commit; None for random weights.
        variant: to be passed on to a pipeline's `from_pretrained`.
        label: what people are told about these weights.
    """

    path: str
    source: str
    repo: str | None
    revision: str | None
    label: str
    variant: str | None = None


def checkpoint(model_id: str, source: Literal["hub", "dummy", "embedded"], progress: Progress) -> Checkpoint:
    """Get the weights of `model_id` from `source`: download, write or find them.

    Raises:
        WeightsUnavailable: they cannot be had; the remedy says what to do.
        RunCancelled: the run was stopped meanwhile.
        InvalidSettings: there is no such model or source.
    """
    if model_id not in CATALOG or source not in _SOURCES:
        remedy = f"Models: {', '.join(CATALOG)}. Sources: {', '.join(_SOURCES)}."
        raise InvalidSettings(f"There is no model {model_id!r} from {source!r}.", remedy)
    return _SOURCES[source](model_id, progress)


def _hub(model_id: str, progress: Progress) -> Checkpoint:
    from core.models.hub import download

    model = CATALOG[model_id]
    path, revision = download(model, progress)
    return Checkpoint(str(path), "hub", model.repo, revision, f"pretrained weights from {model.repo}", model.variant)


def _dummy(model_id: str, progress: Progress) -> Checkpoint:
    from core.models.dummy import LABEL, dummy_folder

    model = CATALOG[model_id]
    folder = dummy_folder(model_id, progress)
    path = folder / model.file if model.file else folder
    return Checkpoint(str(path), "dummy", None, None, LABEL, model.variant)


def _embedded(model_id: str, progress: Progress) -> Checkpoint:
    from core.models.embedded import label, twin_folder

    model = CATALOG[model_id]
    folder = twin_folder(model_id, progress)
    path = folder / model.file if model.file else folder
    return Checkpoint(str(path), "embedded", None, None, label(model))


_SOURCES = {"hub": _hub, "dummy": _dummy, "embedded": _embedded}
