"""Loading a lab's models, measured: where the weights come from, memory before and after, what they are made of.

Worker side. A lab asks for its models here; what an earlier run of the same lab left loaded is used again, and the
record says so. It says as well which other models stayed loaded beside it, with their bytes, and which were let go.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from core.errors import OutOfMemory
from core.measure.memory import NO_GPU_RUN, give_back, has_context
from core.measure.page_cache import cached_share
from core.measure.progress import Progress
from core.measure.recorder import Border, Recorder
from core.models.catalog import CATALOG, Model
from core.models.checkpoint import Checkpoint, checkpoint
from core.models.listing import MARGIN_BYTES
from core.models.resident import Need, Resident
from core.runs.memory_model import predicted
from core.runs.registry import LABS
from core.runs.savers import weights_on_device
from core.runs.settings import ModelSettings
from core.units import gib

T = TypeVar("T")

REUSED = "The model was still loaded from an earlier run, so this run has no loading time."
NOT_FRESH = "CUDA was initialised before this run, so its own share of the memory cannot be told; use a fresh process"
ALREADY_LOADED = "the model was already loaded when the run began"
MAKING_ROOM = "Making room"
ALONE = "This lab measures with nothing else loaded"
BESIDE = "Beside this run stayed loaded: {titles}, {size}. What the run added, and its peak, leave that out."


@dataclass
class Loaded(Generic[T]):
    """Models in memory, and their entries for the run record, counted before the first use changes them."""

    parts: T
    entries: list[dict[str, Any]]


def load_or_reuse(
    lab: str,
    settings: ModelSettings,
    models: tuple[Model, ...],
    read: Callable[[dict[str, Checkpoint]], Loaded[T]],
    recorder: Recorder,
    resident: Resident,
    progress: Progress,
    shared_as: str = "",
) -> T:
    """The models in memory, or as `read` now gives them from checkpoints by id, between two readings of every meter.

    Args:
        shared_as: one word for labs whose `read` loads the same, so that one uses what another has loaded.
    """
    need = need_of(lab, settings, models)
    key = (
        shared_as or lab,
        *(model.id for model in models),
        settings.source,
        need.place,
        settings.dtype,
        *settings.load_options,
    )

    make_room(key, need, recorder, resident, progress)
    was_read = key not in resident.keys
    if was_read:
        check_gpu(settings, need.weights_bytes, recorder)
    loaded = resident.get(key, lambda: _read_now(models, settings, read, recorder, progress), need)
    recorder.read("after_load")
    if was_read:
        resident.measured(key, _size_bytes(loaded, recorder))
    else:
        _say_reused(recorder)
    for entry in loaded.entries:
        recorder.add_model(entry | {"reused": not was_read})
    recorder.leave_out("freed", "the lab keeps the model loaded for the next run")
    recorder.meters.reset_peaks()
    return loaded.parts


def _read_now(
    models: tuple[Model, ...],
    settings: ModelSettings,
    read: Callable[[dict[str, Checkpoint]], Loaded[T]],
    recorder: Recorder,
    progress: Progress,
) -> Loaded[T]:
    found = find_weights(models, settings, recorder, progress)
    start_from_empty(recorder)
    with recorder.timeline.sampling():
        fresh = read(found)
        recorder.end_stage()
    recorder.read("load_peak")
    return fresh


def need_of(lab: str, settings: ModelSettings, models: tuple[Model, ...]) -> Need:
    """What a run is going to take, computed from the architecture before anything is loaded."""
    is_twin, weights_bytes = settings.source == "embedded", weights_on_device(settings)
    beside = sum(part.bytes for part in predicted(LABS[lab], settings, weights_bytes)[1:])
    titles = " and ".join(model.title for model in models)
    title = f"the small twin of {titles}" if is_twin else titles
    return Need(title, settings.device, weights_bytes, beside + MARGIN_BYTES)


def make_room(key: Hashable, need: Need, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Let other models go until the run has room, say so, and note what stays loaded beside it."""
    while short := resident.shortage(key, need, recorder.meters.room()):
        _let_go(short.first, short.reason, recorder, resident, progress)
    beside = resident.beside(key, need)
    size_bytes = sum(held.size_bytes for held in beside)
    recorder.record["memory"] |= {
        "resident_bytes": size_bytes,
        "resident": [{"title": held.need.title, "bytes": held.size_bytes} for held in beside],
    }
    if beside:
        recorder.note(BESIDE.format(titles=" and ".join(held.need.title for held in beside), size=gib(size_bytes)))


def start_alone(recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Let every model go, for labs whose figures are about memory: nothing else may share the process then."""
    for key in resident.keys:
        _let_go(key, ALONE, recorder, resident, progress)


def _let_go(key: Hashable, reason: str, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Let one model go between two readings of every meter."""
    with recorder.stage(MAKING_ROOM):
        recorder.timeline.add(recorder.meters.read())
        before = recorder.meters.room().free_bytes
        sentence = f"{reason}: lets go of {resident.title(key)}."
        progress.report(sentence)
        gone = resident.let_go(key)
        recorder.timeline.add(recorder.meters.read())
    recorder.note(sentence)
    recorder.record["memory"].setdefault("let_go", []).append(
        {
            "title": gone.need.title,
            "bytes": gone.size_bytes,
            "free_before_bytes": before,
            "free_after_bytes": recorder.meters.room().free_bytes,
        }
    )


def _size_bytes(loaded: Loaded[Any], recorder: Recorder) -> int:
    """What the models take: on a GPU what the allocator grew by, on the CPU, where no meter tells, their weights."""
    memory = recorder.record["memory"]
    after, before = ((memory[border] or {}).get("allocated_bytes") for border in ("after_load", "context"))
    if after is None or before is None:
        return sum(int(entry["weights_bytes"]) for entry in loaded.entries)
    return int(after - before)


def _say_reused(recorder: Recorder) -> None:
    borders: tuple[Border, ...] = ("baseline", "context", "load_peak")
    for border in borders:
        recorder.leave_out(border, ALREADY_LOADED)
    recorder.note(REUSED)


def find_weights(
    models: Sequence[Model], settings: ModelSettings, recorder: Recorder, progress: Progress
) -> dict[str, Checkpoint]:
    """The checkpoint of every model, downloaded or written first where it is not there yet."""
    check_room(models, settings, recorder)
    with recorder.stage("Finding the weights"):
        found = {model.id: checkpoint(model.id, settings.source, progress) for model in models}  # type: ignore[arg-type]
    files = [file for each in found.values() for file in _weight_files(Path(each.path))]
    share, reason = cached_share(files)
    recorder.record["conditions"] |= {"page_cache_share": share} | (
        {"page_cache_share_reason": reason} if reason else {}
    )
    return found


def start_from_empty(recorder: Recorder) -> None:
    """Read the baseline after a clean-up; on CUDA this has to come before anything touches the GPU."""
    give_back()
    recorder.read("baseline")
    baseline = recorder.record["memory"]["baseline"]
    if recorder.clock.is_cuda and has_context(recorder.clock.device) and baseline["device_used_bytes"] is not None:
        baseline |= {"device_used_bytes": None, "device_used_bytes_reason": NOT_FRESH}
    if recorder.clock.is_cuda:
        # A first tensor makes CUDA set itself up, so that its own share is told from the model's.
        recorder.clock.touch()
        recorder.read("context")
    else:
        recorder.leave_out("context", NO_GPU_RUN)
    recorder.meters.reset_peaks()


def check_room(models: Sequence[Model], settings: ModelSettings, recorder: Recorder) -> None:
    """Refuse what would drive this machine out of RAM: the operating system would end the process without a word.

    Raises:
        OutOfMemory: with what is needed and what is free.
    """
    if settings.source == "embedded" or settings.device != "cpu":
        return
    needed = sum(model.weights_bytes(settings.dtype) for model in models) + MARGIN_BYTES
    free = recorder.meters.room().free_bytes
    if free is not None and needed > free:
        raise OutOfMemory(
            f"The run needs at least {gib(needed)} of RAM, and {gib(free)} are free.",
            _what_helps(settings),
        )


def check_gpu(settings: ModelSettings, weights_bytes: int, recorder: Recorder) -> None:
    """Refuse a load whose weights alone are more than what is free on the run's GPU.

    Raises:
        OutOfMemory: with what is needed and what is free.
    """
    free = recorder.meters.room().free_bytes
    if recorder.clock.is_cuda and free is not None and weights_bytes > free:
        raise OutOfMemory(
            f"The weights take {gib(weights_bytes)}, and {gib(free)} are free on {settings.device}.",
            _what_helps(settings),
        )


def _what_helps(settings: ModelSettings) -> str:
    """What to do where a model finds no room."""
    helps = ["close other programs"]
    helps += ["choose float16"] if settings.dtype == "float32" else []
    helps += ["take the small twin"] if settings.source != "embedded" else []
    return f"{', or '.join(helps).capitalize()}."


def parameters_and_bytes(network: Any) -> tuple[int, int]:
    """Parameters of a network, each tied one once, and the bytes that they take in memory."""
    found = list(network.parameters())
    return sum(p.numel() for p in found), sum(p.numel() * p.element_size() for p in found)


def model_entry(
    model_id: str,
    found: Checkpoint,
    networks: dict[str, Any],
    dtype: str,
    count: Callable[[Any], tuple[int, int]] = parameters_and_bytes,
) -> dict[str, Any]:
    """The `model` field of a run record: parameters and bytes of every network, counted in memory."""
    model = CATALOG[model_id]
    titles = {component.name: component.title for component in model.components}
    components = []
    for name, network in networks.items():
        parameters, size_bytes = count(network)
        components.append(
            {"name": name, "title": titles.get(name, name), "parameters": parameters, "bytes": size_bytes},
        )
    return {
        "id": model_id,
        "title": model.title,
        "source": found.source,
        "repo": found.repo,
        "revision": found.revision,
        "label": found.label,
        "dtype": dtype,
        "parameters": sum(component["parameters"] for component in components),
        "weights_bytes": sum(component["bytes"] for component in components),
        "file_bytes": _file_bytes(Path(found.path)),
        "components": components,
    }


def _file_bytes(path: Path) -> int:
    """Size of a checkpoint's weight files on the disk."""
    return sum(file.stat().st_size for file in _weight_files(path))


def _weight_files(path: Path) -> list[Path]:
    return list(path.rglob("*.safetensors")) if path.is_dir() else [path]


def networks_of(pipe: Any) -> dict[str, Any]:
    """Every network of a diffusers pipeline by its component name, in the pipeline's order."""
    import torch

    return {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
