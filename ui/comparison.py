"""Two runs beside each other: what differs in the settings, and both figures on one chart."""

from typing import Any

import streamlit as st

from core.labs.records import memory_growth_gib
from core.store.tables import Run
from core.units import seconds, significant
from ui.charts import Bar, bars


def compare(first: Run, second: Run) -> None:
    """Draw both runs' repeats and memory, and the settings in which they differ."""
    if first.id == second.id:
        st.caption("Choose two different runs.")
        return
    st.markdown(_differences(first.record, second.record))
    rows = [
        Bar(
            f"{name}, repeat {i}",
            repeat["wall_s"],
            seconds(repeat["wall_s"]),
            "quiet" if repeat.get("is_first") else "measured",
            bool(repeat.get("is_first")),
        )
        for name, run in (("first", first), ("second", second))
        for i, repeat in enumerate(run.record.get("repeats") or [], 1)
    ]
    bars("Time of each repeat, cold ones hollow", rows, "seconds", _alt(rows), key="compare_times")
    grown = [
        Bar(name, value, significant(value))
        for name, run in (("first", first), ("second", second))
        if (value := memory_growth_gib(run.record)) is not None
    ]
    bars("Memory that the run added", grown, "GiB", _alt(grown), key="compare_memory")


def _differences(first: dict[str, Any], second: dict[str, Any]) -> str:
    left, right = _flat(first), _flat(second)
    changed = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    if not changed:
        return "Both runs had the same settings."
    lines = ["| | first | second |", "|:--|:--|:--|"]
    return "\n".join(lines + [f"| {name} | {_cell(left.get(name))} | {_cell(right.get(name))} |" for name in changed])


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "lab": record["lab"],
        "state": record["state"],
        "device": record["device"].get("name"),
        **record["settings"],
    }


def _cell(value: Any) -> str:
    return "–" if value is None else str(value).replace("|", "/").replace("\n", " ")


def _alt(rows: list[Bar]) -> str:
    return ", ".join(f"{row.label} {row.text}" for row in rows)
