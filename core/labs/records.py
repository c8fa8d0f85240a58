"""Run records as rows of a table, for the page and for CSV.

Figures are those of the record: the fastest repeat, the growth of the meter that matters on the run's device. A figure
that could not be had is an empty cell.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

Record = dict[str, Any]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def row(record: Record) -> dict[str, Any]:
    """One run as a flat dict; times in seconds, memory in GiB."""
    model = record.get("model") or next(iter(record.get("models") or []), None) or {}
    repeats = record.get("repeats") or []
    best: Record = min(repeats, key=lambda repeat: repeat["wall_s"], default={})
    return {
        "when": record["created_at"][:16].replace("T", " "),
        "lab": record["lab"],
        "state": record["state"],
        "model": model.get("title") or model.get("id"),
        "weights": model.get("source"),
        "parameters": model.get("parameters"),
        "dtype": model.get("dtype"),
        "device": record["device"]["type"],
        "repeats": len(repeats),
        "fastest_s": best.get("wall_s"),
        "tokens_per_s": best.get("tokens_per_s"),
        "growth_gib": memory_growth_gib(record),
        "run": record["id"],
    }


def memory_growth_gib(record: Record) -> float | None:
    """GiB from the baseline to the last border that was read: device_used on CUDA, process_rss on the CPU."""
    meter = "device_used_bytes" if record["device"]["type"] == "cuda" else "process_rss_bytes"
    memory = record.get("memory") or {}
    before = (memory.get("baseline") or {}).get(meter)
    after = next(
        (
            value
            for border in ("after_run", "after_load")
            if (value := (memory.get(border) or {}).get(meter)) is not None
        ),
        None,
    )
    return None if before is None or after is None else (after - before) / 2**30


def as_csv(records: Iterable[Record]) -> str:
    """The rows as CSV; a text that a spreadsheet would run as a formula gets a leading apostrophe."""
    rows = [row(record) for record in records]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=_columns(rows))
    writer.writeheader()
    writer.writerows({name: _safe(value) for name, value in each.items()} for each in rows)
    return out.getvalue()


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(rows[0]) if rows else []


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
