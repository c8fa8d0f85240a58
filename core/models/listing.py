"""The catalog as rows, with what fits this machine, for `python -m core models` and pages. No torch here.

>>> catalog_rows({"cpu": 25_000_000_000, "cuda": 3_000_000_000})[0]["fits"]
'cpu float32, cuda float16'
"""

from collections.abc import Mapping
from typing import Any

from core.measure.machine import Machine
from core.models.catalog import CATALOG, DTYPE_BYTES, Model
from core.models.sources import dummy_is_written, hub_reachable, is_cached

MARGIN_BYTES = 2**30
"""What libraries and a run's working memory take at the least, beside the weights."""


def fits(model: Model, dtype: str, memory_bytes: int) -> bool:
    """Whether the weights and the least that a run takes beside them fit into `memory_bytes`."""
    return model.weights_bytes(dtype) + MARGIN_BYTES <= memory_bytes


def devices_of(machine: Machine) -> dict[str, int]:
    """The machine's devices as torch names them, each with its memory in bytes."""
    gpus = {f"cuda:{gpu.index}" if len(machine.gpus) > 1 else "cuda": gpu.memory_bytes for gpu in machine.gpus}
    return {"cpu": machine.ram_bytes, **gpus}


def catalog_rows(devices: Mapping[str, int]) -> list[dict[str, Any]]:
    """One row per model: licence, sizes, which sources can be used now, and where it fits.

    Args:
        devices: device -> memory in bytes, as `devices_of` gives them. `fits_at` then has, per device, the dtypes at
            which the model fits there, and `fits` the widest of them in words ("–" where it fits nowhere).
    """
    return [_row(model, devices) for model in CATALOG.values()]


def _row(model: Model, devices: Mapping[str, int]) -> dict[str, Any]:
    fits_at = {device: [dtype for dtype in DTYPE_BYTES if fits(model, dtype, has)] for device, has in devices.items()}
    return {
        "id": model.id,
        "title": model.title,
        "task": model.task,
        "licence": model.licence,
        "repo": model.repo,
        "parameters": model.parameters,
        "twin_parameters": model.twin_parameters,
        "weights_bytes": {dtype: model.weights_bytes(dtype) for dtype in DTYPE_BYTES},
        "storage_dtype": model.storage_dtype,
        "stored_bytes": model.stored_bytes,
        "download_bytes": model.download_bytes,
        "sources": {"hub": _hub_state(model), "dummy": _dummy_state(model), "embedded": _twin_state(model)},
        "embedded_reason": model.twin_reason,
        "fits_at": fits_at,
        "fits": ", ".join(f"{device} {dtypes[0]}" for device, dtypes in fits_at.items() if dtypes) or "–",
    }


def _hub_state(model: Model) -> str:
    if is_cached(model.id):
        return "cached"
    return "download" if hub_reachable() else "unreachable"


def _twin_state(model: Model) -> str:
    return "ready" if model.twin else "none"


def _dummy_state(model: Model) -> str:
    return "written" if dummy_is_written(model.id) else "writes once"
