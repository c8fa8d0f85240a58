"""What is read off a run record in several places, and records as rows of a table.

Figures are those of the record: the fastest repeat, the growth of the meter that matters on the run's device. A figure
that could not be had is an empty cell.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from core.cells import neutral
from core.units import GIB

Record = dict[str, Any]
WEIGHTS_FILE = "safetensors"
"""Role of what a run leaves beside its pictures and is none: a small file of weights."""
PICTURES_GONE = "The pictures of this run are no longer kept; what was measured is."
"""A note of a run whose pictures were deleted because they were old or took too much room."""


def ending_of(role: str) -> str:
    """How the name of a file ends that holds what a run left in a role."""
    return role if role == WEIGHTS_FILE else "png"


def row(record: Record) -> dict[str, Any]:
    """One run as a flat dict; times in seconds, memory in GiB."""
    model = record.get("model") or next(iter(record.get("models") or []), None) or {}
    best = fastest(record)
    return {
        "when": record["created_at"][:16].replace("T", " "),
        "lab": record["lab"],
        "state": record["state"],
        "model": model.get("title") or model.get("id"),
        "weights": model.get("source"),
        "parameters": model.get("parameters"),
        "dtype": model.get("dtype"),
        "device": record["device"]["type"],
        "repeats": len(record.get("repeats") or []),
        "fastest_s": best.get("wall_s"),
        "tokens_per_s": best.get("tokens_per_s"),
        "growth_gib": memory_growth_gib(record),
        "run": record["id"],
    }


def fastest(record: Record) -> Record:
    """The repeat with the least wall time; empty where none landed."""
    return min(record.get("repeats") or [], key=lambda repeat: repeat["wall_s"], default={})


def batch_times(record: Record) -> dict[int, list[float]]:
    """Seconds of the warm passes by batch size, in the order in which they were run."""
    times: dict[int, list[float]] = {}
    for repeat in record.get("repeats") or []:
        if repeat.get("images") and not repeat.get("is_cold"):
            times.setdefault(repeat["images"], []).append(repeat["wall_s"])
    return times


def main_meter(record: Record) -> str:
    """The meter that tells most on the run's device."""
    return "device_used" if record["device"]["type"] == "cuda" else "process_rss"


def reading(record: Record, border: str, meter: str) -> float | None:
    """Bytes of one meter at one moment, None where it could not be had."""
    return ((record.get("memory") or {}).get(border) or {}).get(f"{meter}_bytes")


def growth(record: Record, border: str, meter: str) -> float | None:
    """Bytes that a meter grew by since the baseline."""
    before, after = reading(record, "baseline", meter), reading(record, border, meter)
    return None if before is None or after is None else after - before


def resident_bytes(record: Record) -> int:
    """Bytes of other models that were loaded on the run's device while it ran; they are part of every reading there."""
    return (record.get("memory") or {}).get("resident_bytes") or 0


def own_peak(record: Record, meter: str) -> float | None:
    """The highest reading of a meter of this process, without the models of other runs."""
    value = reading(record, "peak", meter)
    return None if value is None else value - resident_bytes(record)


def memory_growth_gib(record: Record) -> float | None:
    """GiB of the main meter from the baseline to the last border that was read."""
    for border in ("after_run", "after_load"):
        if (grown := growth(record, border, main_meter(record))) is not None:
            return grown / GIB
    return None


def variants(record: Record) -> list[Record]:
    """What a run compares, each with its own figures; empty for the labs that do one thing."""
    return list((record.get("outputs") or {}).get("variants") or [])


def as_csv(records: Iterable[Record]) -> str:
    """The rows as CSV; a text that a spreadsheet would run as a formula gets a leading apostrophe."""
    rows = [row(record) for record in records]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=_columns(rows))
    writer.writeheader()
    writer.writerows({name: neutral(value) for name, value in each.items()} for each in rows)
    return out.getvalue()


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(rows[0]) if rows else []
