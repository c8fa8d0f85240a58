"""Parts of a run record that several views read: memory by meter, the fastest repeat, stages."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.runs.records import Record, growth, main_meter, own_peak, reading, resident_bytes
from core.units import gib, seconds
from ui.charts import Bar, bars, memory_bars, time_bars
from ui.figures import Figure
from ui.plain import plain

METERS = {
    "allocated": "GPU memory filled with tensors",
    "reserved": "GPU memory held by PyTorch",
    "device_used": "GPU memory in use",
    "process_rss": "RAM of the program",
}
"""What a meter shows, in words."""
METER_HELP = (
    "The meters: `allocated` is what PyTorch's tensors fill, `reserved` all that PyTorch holds for them, `device_used` "
    "what is in use on the whole card, as nvidia-smi and Colab show it, and `process_rss` the RAM of the program."
)
SHORT_METERS = {"allocated": "tensors", "reserved": "PyTorch", "device_used": "card"}
SHORT = {
    "num_inference_steps": "steps {}",
    "guidance_scale": "guidance {}",
    "seed": "seed {}",
    "refiner_share": "refiner {}",
}
"""A setting that a sweep changes and its value, in a word or two."""
BESIDE = "Models of other runs were loaded as well: their {size} are {how}."
BORDERS = {"baseline": "before", "after_load": "loaded", "peak": "peak", "after_run": "after the run", "freed": "freed"}


def memory_figure(record: Record, border: str) -> Figure:
    """Growth of the main meter as a figure."""
    meter = main_meter(record)
    grown = growth(record, border, meter)
    label = "RAM added" if meter == "process_rss" else "GPU memory added"
    told = f"By how much `{meter}` grew. {METER_HELP}"
    return Figure(label, None if grown is None else gib(grown), told, missing_reason(record, border, meter))


def peak_figure(record: Record) -> Figure:
    """The highest reading of the run without what other models held: allocated on CUDA, process_rss on the CPU."""
    meter = "allocated" if record["device"]["type"] == "cuda" else "process_rss"
    value, beside = own_peak(record, meter), resident_bytes(record)
    label = "Most RAM at once" if meter == "process_rss" else "Most in tensors at once"
    left_out = f" {BESIDE.format(size=gib(beside), how='left out')}" if beside else ""
    told = f"The peak of `{meter}`.{left_out} {METER_HELP}"
    return Figure(label, None if value is None else gib(value), told, missing_reason(record, "peak", meter))


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
        (f"{title}, {SHORT_METERS[meter]}" if len(meters) > 1 else title, value)
        for border, title in BORDERS.items()
        for meter in meters
        if (value := reading(record, border, meter)) is not None
    ]
    beside = resident_bytes(record)
    told = BESIDE.format(size=gib(beside), how="part of every bar") if beside else ""
    if len(meters) == 1:
        memory_bars(f"{METERS[meters[0]]} ({meters[0]})", rows, key=f"{key}_memory")
    else:
        memory_bars("GPU memory", rows, key=f"{key}_memory")
        told = f"Tensors: `allocated`. PyTorch: `reserved`. Card: `device_used`. {told}".rstrip()
    if told:
        st.caption(told, help=METER_HELP)


def stage_chart(record: Record, key: str) -> None:
    """Seconds per stage of the run."""
    time_bars(
        "Where the time went",
        [(stage["name"], stage["wall_s"]) for stage in record.get("stages") or []],
        key=f"{key}_stages",
    )


def evaluation_chart(record: Record, key: str) -> None:
    """Seconds per evaluation of each picture beside the least that the arithmetic or the memory allows."""
    limit = record.get("limit")
    repeats = [repeat for repeat in record["repeats"] if repeat.get("seconds_per_evaluation")]
    if not limit or not repeats:
        return
    rows = [_evaluation_bar(record, repeat, limit["value"]) for repeat in repeats]
    told = (
        f"Dashed: the limit of this device, {seconds(limit['value'])} per evaluation, and in brackets how much of "
        f"it was reached. {limit['basis']}."
    )
    alt = ", ".join(f"{row.label} {row.text}" for row in rows) + f". {told}"
    bars(
        "Time per evaluation, beside the least that is possible",
        rows,
        "seconds",
        alt,
        f"{key}_evaluations",
        limit["value"],
    )
    st.caption(plain(told))


def _evaluation_bar(record: Record, repeat: Record, limit_s: float) -> Bar:
    took, is_cold = repeat["seconds_per_evaluation"], repeat["is_first"]
    text = f"{seconds(took)} ({limit_s / took:.0%})"
    label = repeat_label(record, repeat["index"])
    return Bar(label, took, text, "quiet" if is_cold else "measured", is_cold)


def written(part: Record, name: str, write: Callable[[Any], str]) -> str | None:
    """A figure of a record's part in words; None where it was not measured."""
    value = part.get(name)
    return None if value is None else write(value)


def repeat_label(record: Record, index: int) -> str:
    """A repeat by its number, or by what the sweep changed: `3: steps 10`."""
    told = changed(record["repeats"][index].get("settings") or {})
    return f"{index + 1}: {told}" if told else f"repeat {index + 1}"


def changed(settings: Record) -> str:
    """What a sweep gave to one picture: `steps 10, guidance 7.5`."""
    return ", ".join(SHORT[name].format(f"{value:.10g}") for name, value in settings.items() if name in SHORT)
