"""What a run will really do on this machine: source, device and precision instead of `auto`, and whether it can.

The page asks before it offers the button, the queue before it takes a job, the worker before it starts.

    >>> plan(LABS["text_generation"], Settings(), this_machine()).reasons
    ('No GPU: no NVIDIA driver is installed. The run takes the CPU.', …)
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.errors import DeviceUnavailable, LabError, OutOfMemory, WeightsUnavailable
from core.measure.machine import Machine, gpu_of
from core.models import sources
from core.models.catalog import CATALOG, DTYPE_BYTES, Model
from core.models.download_errors import no_space
from core.models.listing import MARGIN_BYTES
from core.runs.lab import Lab
from core.runs.savers import Proposal, needed_bytes, networks, proposal
from core.runs.settings import Fallback, LabSettings, ModelSettings, SavingSettings
from core.units import gb, gib

BFLOAT16_FROM = (8, 0)
"""First compute capability with bfloat16 units; below, it is emulated."""

EACH_ITS_OWN = "The GPU that is free first takes the run, in the precision that it computes in: bfloat16 or float16."

TWIN_ON_CPU = (
    "On a CPU the full-size model can take many minutes, so the run takes its small twin, which answers in "
    "seconds. Choose other weights to run the full size."
)

SLOW_HALF = "Most CPUs take float16 apart: a picture can take fifty times as long as in float32."
"""Measured with the twin of Stable Diffusion 1.5 at 512 x 512 pixels: 34 s for an evaluation, 0.5 s in float32."""


@dataclass(frozen=True)
class Plan:
    """What will run, and why.

    Attributes:
        settings: concrete: source, device and dtype are no longer `auto`.
        reasons: sentences on what `auto` took.
        missing: ids of the models whose weights are not here yet, in alphabetical order.
        download_bytes: of these.
        refusal: why this machine cannot, and what to do instead; None where it can.
        proposal: savers with which it can, where it has too little memory without.
        parameters: of all networks; None where the lab loads no model.
        weights_bytes: of all networks at the chosen precision; None as above.
        workload: hash of what decides the duration; expected times are medians over one workload.
        leaves_dtype_open: the run goes to whichever GPU is free, and these do not all compute in the same precision.
    """

    lab: str
    settings: LabSettings
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    download_bytes: int
    refusal: LabError | None
    parameters: int | None
    weights_bytes: int | None
    workload: str
    leaves_dtype_open: bool = False
    proposal: Proposal | None = None

    @property
    def warning(self) -> str:
        """What to know before a run that may take much longer than anyone expects; empty for others."""
        asked = self.settings
        if not isinstance(asked, ModelSettings) or (asked.device, asked.dtype) != ("cpu", "float16"):
            return ""
        return SLOW_HALF if asked.is_slow_on_cpu else ""

    def queued(self) -> dict[str, Any]:
        """The settings as a job carries them: of several GPUs, the one that takes the job decides on its precision."""
        values: dict[str, Any] = self.settings.model_dump(mode="json")
        return values | {"dtype": "auto"} if self.leaves_dtype_open else values


def plan(lab: Lab, settings: LabSettings, machine: Machine, fallback: Fallback | None = None) -> Plan:
    """Make `settings` concrete for `machine`; takes up to `hub_probe_s` where the Hub has to be asked.

    Args:
        fallback: source that `auto` takes without the Hub; None is the lab's own. A picture model takes `embedded` on
            a CPU also where the Hub is there.
    """
    device, why_device = _device(settings.device, machine)
    if not isinstance(settings, ModelSettings):
        bare = settings.model_copy(update={"device": device})
        refusal, workload = _no_device(device, machine), _workload(lab, bare, machine)
        return Plan(lab.name, bare, why_device, (), 0, refusal, None, None, workload)
    models = models_of(settings)
    source, why_source = _source(settings, models, device, fallback or settings.own_fallback or lab.fallback)
    device, why_card = _card(device, models, settings, machine) if source != "embedded" else (device, ())
    dtype, why_dtype = _dtype(settings.dtype, device, CATALOG[settings.model], machine)
    chosen = {_dtype(settings.dtype, name, CATALOG[settings.model], machine)[0] for name in _cards(device, machine)}
    concrete = settings.model_copy(update={"device": device, "source": source, "dtype": dtype}).settled()
    models = models_of(concrete)
    missing = [model for model in models if source == "hub" and not sources.is_cached(model.id)]
    full, savers = _no_room(lab, models, concrete, machine)
    parameters = sum(network.parameters for network in networks(concrete))
    return Plan(
        lab=lab.name,
        settings=concrete,
        reasons=why_device + why_source + why_card + (why_dtype if len(chosen) == 1 else (EACH_ITS_OWN,)),
        missing=tuple(sorted(model.id for model in missing)),
        download_bytes=sum(model.download_bytes for model in missing),
        refusal=_no_device(device, machine)
        or _no_twin(models, source)
        or full
        or (lab.too_large(concrete, machine) if lab.too_large else None)
        or _no_hub(missing)
        or _no_disk(missing),
        parameters=parameters,
        weights_bytes=parameters * DTYPE_BYTES[dtype],
        workload=_workload(lab, concrete, machine),
        leaves_dtype_open=len(chosen) > 1,
        proposal=savers,
    )


def models_of(settings: LabSettings) -> tuple[Model, ...]:
    """The catalog's models that a run with these settings loads, the main one last."""
    return tuple(CATALOG[name] for name in settings.loaded) if isinstance(settings, ModelSettings) else ()


def _device(asked: str, machine: Machine) -> tuple[str, tuple[str, ...]]:
    if asked != "auto":
        return asked, ()
    if machine.gpus:
        first = machine.gpus[0]
        name = "cuda" if first.index == 0 else f"cuda:{first.index}"
        return name, (f"This machine has a GPU, {first.name}: the run takes it.",)
    if machine.apple_gpu:
        return "cpu", (f"The run takes the CPU. {machine.apple_gpu} (mps) can be chosen, but was never tried.",)
    return "cpu", (f"No GPU can be used here ({machine.gpu_reason}): the run takes the CPU.",)


def _cards(device: str, machine: Machine) -> tuple[str, ...]:
    """The devices on which a run for `device` may end up: `cuda` goes to whichever GPU is free."""
    return tuple(f"cuda:{gpu.index}" for gpu in machine.gpus) or (device,) if device == "cuda" else (device,)


def _card(
    device: str, models: tuple[Model, ...], settings: ModelSettings, machine: Machine
) -> tuple[str, tuple[str, ...]]:
    """Of several GPUs the first that has room, where not all have."""
    dtype = _dtype(settings.dtype, device, models[-1], machine)[0]
    needed = sum(model.weights_bytes(dtype) for model in models) + MARGIN_BYTES
    cards = [gpu for gpu in machine.gpus if f"cuda:{gpu.index}" in _cards(device, machine)]
    roomy = [gpu for gpu in cards if gpu.memory_bytes >= needed]
    if device != "cuda" or not roomy or len(roomy) == len(cards):
        return device, ()
    why = f"It takes at least {gib(needed)}, for which not every GPU here has room: the run takes {roomy[0].name}."
    return f"cuda:{roomy[0].index}", (why,)


def _source(
    settings: ModelSettings, models: tuple[Model, ...], device: str, fallback: Fallback
) -> tuple[str, tuple[str, ...]]:
    if settings.source != "auto":
        return settings.source, ()
    if device == "cpu" and fallback == "embedded" and settings.is_slow_on_cpu:
        return "embedded", (TWIN_ON_CPU,)
    missing = [model for model in models if not sources.is_cached(model.id)]
    if not missing:
        return "hub", ("The pretrained weights are on this machine.",)
    why = "The pretrained weights are not here and the Hub cannot be reached"
    if sources.hub_reachable():
        full = _no_disk(missing)
        if full is None:
            return "hub", (f"The pretrained weights can be downloaded from {_place(models)}.",)
        why = full.message.rstrip(".")
    if not all(model.twin for model in models):
        fallback = "dummy"
    what = {
        "dummy": "random weights of the same size: time and memory are true, the output means nothing",
        "embedded": "its small twin",
    }[fallback]
    return fallback, (f"{why}, so the run takes {what}.",)


def _place(models: tuple[Model, ...]) -> str:
    return "the Hugging Face Hub" if models[-1].url is None else str(urlsplit(models[-1].url).hostname)


def _dtype(asked: str, device: str, model: Model, machine: Machine) -> tuple[str, tuple[str, ...]]:
    if asked != "auto":
        return asked, ()
    if device == "cpu":
        return "float32", ("On the CPU the lesson's precision is float32.",)
    if model.gpu_dtype != "bfloat16":
        return model.gpu_dtype, (f"On a GPU {model.title} runs in {model.gpu_dtype}.",)
    if device == "mps":
        return "float16", ("On an Apple GPU the run takes float16.",)
    gpu = gpu_of(device, machine)
    if gpu and gpu.compute_capability and gpu.compute_capability >= BFLOAT16_FROM:
        return "bfloat16", (f"{gpu.name} computes in bfloat16, in which the model was trained.",)
    return "float16", ("This GPU has no bfloat16 units, so the run takes float16.",)


def _no_device(device: str, machine: Machine) -> LabError | None:
    if device == "mps":
        return None if machine.apple_gpu else DeviceUnavailable("This machine has no Apple GPU.", "Run it on the CPU.")
    if device == "cpu" or gpu_of(device, machine):
        return None
    remedy = "Run it on the CPU, or compare with the reference value."
    if machine.gpus:
        remedy = f"Choose one of: {', '.join(f'cuda:{gpu.index}' for gpu in machine.gpus)}, or cpu."
        return DeviceUnavailable(f"There is no {device} on this machine; it has {len(machine.gpus)}.", remedy)
    return DeviceUnavailable(f"This machine has no GPU that can be used: {machine.gpu_reason}.", remedy)


def _no_twin(models: tuple[Model, ...], source: str) -> LabError | None:
    missing = [model for model in models if source == "embedded" and not model.twin]
    return sources.no_twin(missing[0]) if missing else None


def _no_room(
    lab: Lab, models: tuple[Model, ...], settings: ModelSettings, machine: Machine
) -> tuple[LabError | None, Proposal | None]:
    """Why a run finds no room here, and the savers with which it does."""
    if settings.source == "embedded":
        return None, None
    if isinstance(settings, SavingSettings):
        needed = needed_bytes(lab, settings)
    else:
        needed = sum(model.weights_bytes(settings.dtype) for model in models) + MARGIN_BYTES
    gpu = gpu_of(settings.device, machine) if settings.device.startswith("cuda") else None
    had, place = (gpu.memory_bytes, f"of memory on {gpu.name}") if gpu else (machine.ram_bytes, "of RAM")
    if needed <= had:
        return None, None
    names = " and ".join(model.title for model in models)
    message = f"{names} in {settings.dtype} take at least {gib(needed)}; this machine has {gib(had)} {place}."
    if savers := proposal(lab, settings, had):
        remedy = f"Take {' and '.join(savers.titles)}, with which {gib(savers.needed_bytes)} are enough."
        return OutOfMemory(message, remedy), savers
    smaller = "Choose float16, which halves it, or" if settings.dtype == "float32" else "Choose"
    return OutOfMemory(message, f"{smaller} the small twin."), None


def _no_hub(missing: list[Model]) -> LabError | None:
    if not missing or sources.hub_reachable():
        return None
    size = gb(sum(model.download_bytes for model in missing))
    names = " and ".join(model.title for model in missing)
    return WeightsUnavailable(
        f"The weights of {names} ({size}) are not on this machine, and the Hugging Face Hub cannot be reached.",
        "Connect this machine to the internet, or choose the source dummy: the same size with random weights.",
    )


def _no_disk(missing: list[Model]) -> LabError | None:
    """Of the first model whose weights find no room in the cache that they would go to."""
    for model in missing:
        folder, free_bytes = sources.free_disk(model)
        if free_bytes < model.download_bytes:
            return no_space(model, model.download_bytes, free_bytes, folder)
    return None


def _workload(lab: Lab, settings: LabSettings, machine: Machine) -> str:
    """What the settings say of it, and the hardware."""
    gpu = gpu_of(settings.device, machine) if settings.device.startswith("cuda") else None
    what: list[Any] = [lab.name, settings.workload(), gpu.name if gpu else machine.cpu_name, machine.cpu_cores]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
