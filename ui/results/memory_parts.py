"""What a run was computed to take in memory above what it did take, part by part; each bar adds up to its total."""

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.errors import LabError
from core.runs.memory_model import Part, measured, predicted
from core.runs.parsing import parse_settings
from core.runs.planning import Plan
from core.runs.records import Record, main_meter
from core.runs.registry import LABS
from core.runs.settings import ModelSettings
from core.units import GIB, gib
from ui.charts import altair, show
from ui.colours import colour
from ui.plain import plain
from ui.results.readings import METERS, memory_chart
from ui.runs import ShownRun, context_bytes

ROWS = {"computed": "computed before", "measured": "measured"}
HELD_BY = {
    "CUDA context": "what CUDA keeps for itself",
    "working memory": "the highest point of tensors above the weights",
    "kept by PyTorch": "freed blocks that PyTorch has not given back",
    "unexplained": "libraries, buffers and whatever the meters cannot tell apart",
}


def memory(run: ShownRun, key: str) -> None:
    """The tab of the memory: every reading, and what they went into."""
    memory_chart(run.record, key)
    memory_parts(run.record, key)


def memory_parts(record: Record, key: str) -> None:
    """Draw both bars and a table of the parts; nothing where the memory was not read, or for every variant apart.

    Of a twin neither, as the libraries around it are nearly everything.
    """
    found = measured(record)
    if not found or record["settings"].get("source") == "embedded":
        return
    bars = {"computed": _computed(record), "measured": found}
    rows = [row for name, parts in bars.items() for row in _segments(name, parts)]
    meter, grown = main_meter(record), sum(part.bytes for part in found)
    told = f"The {METERS[meter]} ({meter}) grew by {gib(grown)}: " + ", ".join(
        f"{part.name} {gib(part.bytes)}" for part in found
    )
    shown = json.dumps(rows)
    show(
        "What the memory went into",
        lambda: _chart(rows),
        shown,
        len({row["row"] for row in rows}),
        told,
        f"{key}_parts",
    )
    st.caption(f"{told}. {_explained(found)}")


def computed_memory(planned: Plan, predicted_words: str | None) -> None:
    """Before the run: what the memory should grow by, beside the student's own prediction where memory is asked."""
    settings = planned.settings
    if not isinstance(settings, ModelSettings) or planned.weights_bytes is None or settings.source == "embedded":
        return
    parts = predicted(LABS[planned.lab], settings, planned.weights_bytes)
    told = " + ".join(f"{gib(part.bytes)} of {part.name}" for part in parts)
    total = f" = {gib(sum(part.bytes for part in parts))}" if len(parts) > 1 else ""
    context = f", and what CUDA keeps for itself: {_context()}" if settings.device.startswith("cuda") else ""
    yours = f" You predicted: :blue[**{plain(predicted_words)}**]." if predicted_words else ""
    st.markdown(f":material/functions: Computed from the architecture: :blue[**{told}{total}**]{context}.{yours}")


def _context() -> str:
    found = context_bytes()
    return "not measured on this machine yet" if found is None else f"{gib(found)} in an earlier run"


def _computed(record: Record) -> tuple[Part, ...]:
    """The same computation as before the run, from the record's own settings and weights."""
    lab = LABS[record["lab"]]
    try:
        settings = parse_settings(lab, record["settings"])
    except LabError:
        return ()  # a record of an older version, whose settings are no longer known
    weights = sum(int(model["weights_bytes"]) for model in record["models"])
    return predicted(lab, settings, weights) if isinstance(settings, ModelSettings) else ()


def _segments(name: str, parts: Sequence[Part]) -> list[dict[str, Any]]:
    rows, start = [], 0.0
    shades = {"weights": 1.0, "keys and values": 0.55, "activations": 0.55, "working memory": 0.55}
    for part in parts:
        size = max(0, part.bytes) / GIB
        meaning = colour("quiet" if part.name == "unexplained" else "predicted" if name == "computed" else "measured")
        shade = shades.get(part.name, 0.3)
        rows.append(
            {"row": ROWS[name], "part": part.name, "text": gib(part.bytes), "start": start, "end": start + size}
        )
        rows[-1] |= {"colour": meaning, "opacity": 0.8 if part.name == "unexplained" else shade}
        start += size
    return rows


def _chart(rows: Sequence[dict[str, Any]]) -> Any:
    alt = altair()
    return (
        alt.Chart(alt.Data(values=list(rows)))
        .mark_bar(height=18, stroke=colour("paper"), strokeWidth=1)
        .encode(
            x=alt.X("start:Q", title="GiB", axis=alt.Axis(tickCount=4)),
            x2="end:Q",
            y=alt.Y("row:N", title=None, sort=None, axis=alt.Axis(labelLimit=130, ticks=False, domain=False)),
            color=alt.Color("colour:N", scale=None),
            fillOpacity=alt.FillOpacity("opacity:Q", scale=None),
            tooltip=[alt.Tooltip("part:N", title=" "), alt.Tooltip("text:N", title="GiB")],
        )
    )


def _explained(parts: Sequence[Part]) -> str:
    told = [f"{part.name}: {HELD_BY[part.name]}" for part in parts if part.name in HELD_BY]
    return "; ".join(told).capitalize() + "." if told else ""
