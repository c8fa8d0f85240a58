"""The catalog as rows, for `python -m core models` and the models page. No torch here.

>>> catalog_rows({"cpu": 25_000_000_000})[0]["weights_bytes"]["float32"]
2384199680
"""

from collections.abc import Mapping
from typing import Any

from core.models.catalog import CATALOG, DTYPE_BYTES, Model
from core.models.sources import dummy_is_written, hub_reachable, is_cached


def fits(model: Model, dtype: str, memory_bytes: int) -> bool:
    """Whether the weights alone fit into `memory_bytes`; running takes more."""
    return model.weights_bytes(dtype) <= memory_bytes


def catalog_rows(devices: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """One row per model: licence, sizes, and which sources can be used now.

    Args:
        devices: device -> memory in bytes; each row then says at which dtypes the weights fit there.
    """
    return [_row(model, devices or {}) for model in CATALOG.values()]


def _row(model: Model, devices: Mapping[str, int]) -> dict[str, Any]:
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
        "sources": {"hub": _hub_state(model), "dummy": _dummy_state(model), "embedded": "ready"},
        "weights_fit": {
            device: [dtype for dtype in DTYPE_BYTES if fits(model, dtype, memory_bytes)]
            for device, memory_bytes in devices.items()
        },
    }


def _hub_state(model: Model) -> str:
    if is_cached(model.id):
        return "cached"
    return "download" if hub_reachable() else "unreachable"


def _dummy_state(model: Model) -> str:
    return "written" if dummy_is_written(model.id) else "writes once"
