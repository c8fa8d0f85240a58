"""What would make a run fit that needs more memory than there is: the savers, and the fewest of them that are enough.

>>> settings = Settings(source="dummy", device="cpu", dtype="float32")      # of the inpainting lab
>>> proposal(LABS["inpainting"], settings, had_bytes=15 * 10**9).titles
('half precision',)
"""

from dataclasses import dataclass
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

from core.models.catalog import CATALOG, DTYPE_BYTES, Component
from core.models.listing import MARGIN_BYTES
from core.runs.memory_model import predicted
from core.runs.settings import ModelSettings, SavingSettings

if TYPE_CHECKING:
    from core.runs.lab import Lab

TITLES = {"half_precision": "half precision", "vae_tiling": "VAE tiling", "model_offload": "model offload"}
"""By what each costs, the cheapest first, under the names that a run which measures savers gives them."""
ON_A_GPU_ONLY = ("model_offload",)


@dataclass(frozen=True)
class Proposal:
    """Savers that would make a run fit.

    Attributes:
        names: of `TITLES`.
        changes: the settings that switch them on.
        needed_bytes: what the run takes with them, as far as it can be computed.
    """

    names: tuple[str, ...]
    changes: dict[str, Any]
    needed_bytes: int

    @property
    def titles(self) -> tuple[str, ...]:
        """The savers as a student knows them."""
        return tuple(TITLES[name] for name in self.names)


def networks(settings: ModelSettings) -> list[Component]:
    """The networks that a run loads, of its models in their order; `source` is no longer `auto`."""
    models = [CATALOG[name] for name in settings.loaded]
    every = chain.from_iterable(model.twin if settings.source == "embedded" else model.components for model in models)
    return [network for network in every if network.name not in settings.not_loaded]


def weights_on_device(settings: ModelSettings) -> int:
    """Bytes of the weights that are on the device at once: all, or the largest network where the others wait in RAM."""
    sizes = [network.parameters * DTYPE_BYTES[settings.dtype] for network in networks(settings)]
    return max(sizes) if "model_offload" in settings.load_options else sum(sizes)


def needed_bytes(lab: "Lab", settings: ModelSettings) -> int:
    """What a run takes of its device at the least: weights, what the pass needs beside them, and the libraries."""
    return sum(part.bytes for part in predicted(lab, settings, weights_on_device(settings))) + MARGIN_BYTES


def proposal(lab: "Lab", settings: ModelSettings, had_bytes: int) -> Proposal | None:
    """The fewest and cheapest savers with which a run needs no more than `had_bytes`; None where none are enough.

    Args:
        settings: planned ones, whose device and dtype are no longer `auto`.
    """
    if not isinstance(settings, SavingSettings) or settings.source == "embedded":
        return None
    free = [name for name in TITLES if _is_free(name, settings)]
    for names in chain.from_iterable(combinations(free, count) for count in range(1, len(free) + 1)):
        changes = _changes(names, settings)
        needed = needed_bytes(lab, settings.model_copy(update=changes))
        if needed <= had_bytes:
            return Proposal(names, changes, needed)
    return None


def _is_free(name: str, settings: SavingSettings) -> bool:
    """Whether a saver is not in use yet and works on the run's device."""
    if name == "half_precision":
        return settings.dtype == "float32"
    return name not in settings.savers and (settings.device != "cpu" or name not in ON_A_GPU_ONLY)


def _changes(names: tuple[str, ...], settings: SavingSettings) -> dict[str, Any]:
    half = {"dtype": "bfloat16" if settings.device == "cpu" else "float16"} if "half_precision" in names else {}
    savers = tuple(sorted({*settings.savers, *names} - {"half_precision"}))
    return half | {"savers": savers}
