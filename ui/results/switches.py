"""What eval mode, inference mode and normalising did in a run of the classification lab."""

import streamlit as st

from core.labs.records import Record
from core.units import gib, seconds, significant
from ui.charts import Bar, bars

ROUNDING = 1e-5
"""Probabilities that differ by less differ by rounding: batches of other sizes are summed in another order."""
COMPANY = "The same picture in different company"


def switches(record: Record, key: str) -> None:
    """Say what each switch did; of one that was off, with a chart of both."""
    outputs = record.get("outputs") or {}
    if company := outputs.get("company"):
        _company(company, outputs, key)
    if graph := outputs.get("graph"):
        _graph(graph, key)


def _company(shown: list[Record], outputs: Record, key: str) -> None:
    as_trained = shown[0]
    still = (
        "its probabilities stayed the same"
        if as_trained["largest_change"] < ROUNDING
        else f"its probabilities moved by up to {points(as_trained['largest_change'])}"
    )
    told = f"In eval mode the picture was classified alone and in two batches of other pictures: {still}."
    if len(shown) > 1:
        rows = [_bar(name, share, entry) for entry in shown for name, share in entry["probabilities"].items()]
        alt = f"{COMPANY}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
        bars(COMPANY, rows, "probability of its category in percent", alt, f"{key}_company")
        told += (
            f" In training mode they moved by up to {points(shown[1]['largest_change'])}: there batch normalisation "
            "takes mean and spread from whatever is in the batch."
        )
    st.markdown(f":material/groups: {told}")
    if after := outputs.get("after_training_mode"):
        st.caption(
            f"Training mode also writes over the network's running statistics. After {after['passes']} passes, "
            f"in eval mode again, the picture's probability was {significant(100 * after['probability_after'])} %, "
            f"before {significant(100 * after['probability_before'])} %. The lab then restored them."
        )


def _bar(name: str, share: float, entry: Record) -> Bar:
    mode = "eval" if entry["eval_mode"] else "training"
    return Bar(
        f"{mode}, {name}", 100 * share, f"{significant(100 * share)} %", "quiet" if entry["eval_mode"] else "measured"
    )


def points(share: float) -> str:
    """A difference of two probabilities."""
    return f"{significant(100 * share)} percentage points"


def _graph(shown: list[Record], key: str) -> None:
    kept, images = shown[-1], shown[-1]["images"]
    pictures = "one picture" if images == 1 else f"{images} pictures"
    if kept["inference_mode"]:
        st.markdown(
            f":material/delete_sweep: For a backward pass {gib(kept['saved_bytes'])} were kept with {pictures}."
        )
        return
    rows = [
        Bar("on" if each["inference_mode"] else "off", each["saved_bytes"] / 2**20, gib(each["saved_bytes"]))
        for each in shown
    ]
    alt = "Kept for a backward pass: " + ", ".join(f"inference mode {row.label} {row.text}" for row in rows)
    bars(f"Kept for a backward pass, {pictures}, inference mode on and off", rows, "MiB", alt, f"{key}_graph")
    st.markdown(
        f":material/delete_sweep: Without inference mode one pass of {pictures} keeps {gib(kept['saved_bytes'])} "
        f"beside the weights, for gradients that nobody asks for. It took {seconds(kept['wall_s'])} instead of "
        f"{seconds(shown[0]['wall_s'])}, medians of {kept['passes']} passes in turn."
    )
