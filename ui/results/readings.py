"""Parts of a run record that several views read: memory by meter, the fastest repeat, stages."""

from collections.abc import Callable
from typing import Any

from core.units import gib
from ui.charts import memory_bars, time_bars
from ui.figures import Figure

Record = dict[str, Any]
METERS = {
    "allocated_bytes": "allocated",
    "reserved_bytes": "reserved",
    "device_used_bytes": "device_used",
    "process_rss_bytes": "process_rss",
}
METER_HELP = (
    "allocated: tensors that PyTorch holds. reserved: what PyTorch keeps for them. device_used: the whole card, as "
    "nvidia-smi and Colab show it. process_rss: main memory of the worker process."
)
BORDERS = {"baseline": "before", "after_load": "loaded", "peak": "peak", "after_run": "after the run", "freed": "freed"}


def reading(record: Record, border: str, meter: str) -> float | None:
    """Bytes of one meter at one moment, None where it could not be had."""
    return ((record.get("memory") or {}).get(border) or {}).get(f"{meter}_bytes")


def growth(record: Record, border: str, meter: str) -> float | None:
    """Bytes that a meter grew by since the baseline."""
    before, after = reading(record, "baseline", meter), reading(record, border, meter)
    return None if before is None or after is None else after - before


def main_meter(record: Record) -> str:
    """The meter that tells most on the run's device."""
    return "device_used" if record["device"]["type"] == "cuda" else "process_rss"


def memory_figure(record: Record, border: str, label: str) -> Figure:
    """Growth of the main meter as a figure."""
    meter = main_meter(record)
    grown = growth(record, border, meter)
    return Figure(
        f"{label} ({meter})", None if grown is None else gib(grown), METER_HELP, missing_reason(record, border, meter)
    )


def peak_figure(record: Record) -> Figure:
    """The highest reading of the run: allocated on CUDA, process_rss on the CPU."""
    meter = "allocated" if record["device"]["type"] == "cuda" else "process_rss"
    value = reading(record, "peak", meter)
    return Figure(
        f"Peak {meter}", None if value is None else gib(value), METER_HELP, missing_reason(record, "peak", meter)
    )


def missing_reason(record: Record, border: str, meter: str) -> str | None:
    """Why a growth or a reading is not there, in the record's own words."""
    memory = record.get("memory") or {}
    for name in (border, "baseline"):
        reason = memory.get(f"{name}_reason") or (memory.get(name) or {}).get(f"{meter}_bytes_reason")
        if reason:
            return str(reason)
    return None


def memory_chart(record: Record, key: str) -> None:
    """Bars of the main meter at every moment that was read; on CUDA the allocator's two meters beside it."""
    meters = ["allocated", "reserved", "device_used"] if record["device"]["type"] == "cuda" else ["process_rss"]
    rows = [
        (f"{title}, {meter}" if len(meters) > 1 else title, value)
        for border, title in BORDERS.items()
        for meter in meters
        if (value := reading(record, border, meter)) is not None
    ]
    name = "by meter" if len(meters) > 1 else "of the worker process (process_rss)"
    memory_bars(f"Memory {name}", rows, key=f"{key}_memory")


def stage_chart(record: Record, key: str) -> None:
    """Seconds per stage of the run."""
    time_bars(
        "Where the time went",
        [(stage["name"], stage["wall_s"]) for stage in record.get("stages") or []],
        key=f"{key}_stages",
    )


def fastest(record: Record) -> dict[str, Any]:
    """The repeat with the least wall time; empty where none landed."""
    return min(record.get("repeats") or [], key=lambda repeat: repeat["wall_s"], default={})


def written(part: Record, name: str, write: Callable[[Any], str]) -> str | None:
    """A figure of a record's part in words; None where it was not measured."""
    value = part.get(name)
    return None if value is None else write(value)
