"""Two runs beside each other: what differs in the settings, and both figures on one chart."""

from statistics import median
from typing import Any

import streamlit as st

from core.classroom.runs import FINISHED
from core.runs.difference import told_difference
from core.runs.records import Record, batch_times, memory_growth_gib, row
from core.runs.registry import LABS
from core.store.tables import Run
from core.units import seconds, short_count, significant
from ui.before_after import Side, before_after
from ui.charts import Bar, bars
from ui.colours import Meaning
from ui.plain import plain
from ui.runs import all_drew, pictures

WEIGHTS = {"hub": "trained", "dummy": "random, full size", "embedded": "small twin"}


def shown_row(record: Record) -> dict[str, Any]:
    """A run as a line of the table, in the words of the pages; the exports carry the raw values."""
    flat = row(record)
    return {
        "when (UTC)": flat["when"],
        "lab": LABS[flat["lab"]].title,
        "ended": flat["state"],
        "model": flat["model"],
        "weights": WEIGHTS.get(flat["weights"] or ""),
        "parameters": flat["parameters"] and short_count(flat["parameters"]),
        "dtype": flat["dtype"],
        "device": flat["device"],
        "repeats": flat["repeats"],
        "fastest, s": flat["fastest_s"] and round(flat["fastest_s"], 3),
        "memory added, GiB": flat["growth_gib"] and round(flat["growth_gib"], 3),
    }


def run_name(record: Record) -> str:
    """A run in one line, for a list to choose from."""
    flat = row(record)
    title, weights = LABS[flat["lab"]].title, WEIGHTS.get(flat["weights"] or "", "")
    words = [flat["when"], title, weights, flat["device"], record["id"][:4]]
    return " · ".join(word for word in words if word)


def compare(first: Run, second: Run) -> None:
    """Draw both runs' repeats and memory, and the settings in which they differ."""
    if first.id == second.id:
        st.caption("Choose two different runs.")
        return
    st.markdown(_differences(first.record, second.record))
    if all(batch_times(run.record) for run in (first, second)):
        _compare_batches(first.record, second.record)
    else:
        _compare_repeats(first, second)
    grown = [
        Bar(name, value, significant(value))
        for name, run in (("first", first), ("second", second))
        if (value := memory_growth_gib(run.record)) is not None
    ]
    bars("Memory that each run added", grown, "GiB", _alt(grown), key="compare_memory")
    if len(grown) < 2:
        st.caption("A run whose model was still loaded from the run before adds no memory, so it has no bar.")
    if all_drew(first.id, second.id):
        st.fragment(_compare_pictures, key="compare_pictures")(first, second)


def _compare_pictures(first: Run, second: Run) -> None:
    """What both drew, over each other; the pictures are read only when this is opened."""
    place = st.expander("Their pictures", icon=":material/compare:", key="compare_open", on_change="rerun")
    if not place.open:
        return
    made = {name: _made(run) for name, run in (("First", first), ("Second", second))}
    with place:
        sides = [
            Side(f"{name} run, picture {i}" if len(pngs) > 1 else f"{name} run", png)
            for name, pngs in made.items()
            for i, png in enumerate(pngs, 1)
        ]
        before_after(sides, "compare")


def _made(run: Run) -> list[bytes]:
    return [picture.png for picture in pictures(run.id) if picture.role in FINISHED]


def _compare_batches(first: Record, second: Record) -> None:
    """Pictures per second of both by batch size, the second one grey."""
    meanings: dict[str, Meaning] = {"first": "measured", "second": "quiet"}
    times = {"first": batch_times(first), "second": batch_times(second)}
    sizes = sorted({size for passes in times.values() for size in passes})
    rows = [
        Bar(f"{size} at once, {name}", rate, significant(rate), meanings[name])
        for size in sizes
        for name, passes in times.items()
        if size in passes and (rate := size / median(passes[size]))
    ]
    bars("Pictures per second, by batch size", rows, "median of the warm passes", _alt(rows), "compare_times")


def _compare_repeats(first: Run, second: Run) -> None:
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
    if told := told_difference(first.record, second.record):
        st.markdown(f":material/balance: {plain(told)}")
    bars("Time of each repeat; cold ones are hollow", rows, "seconds", _alt(rows), key="compare_times")


def _differences(first: Record, second: Record) -> str:
    left, right = _flat(first), _flat(second)
    changed = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    if not changed:
        return "Both runs had the same settings."
    lines = ["| | first | second |", "|:--|:--|:--|"]
    return "\n".join(lines + [f"| {name} | {_cell(left.get(name))} | {_cell(right.get(name))} |" for name in changed])


def _flat(record: Record) -> dict[str, Any]:
    return {
        "lab": record["lab"],
        "state": record["state"],
        "device": record["device"].get("name"),
        **record["settings"],
    }


def _cell(value: Any) -> str:
    return "–" if value is None else plain(str(value))


def _alt(rows: list[Bar]) -> str:
    return ", ".join(f"{row.label} {row.text}" for row in rows)
