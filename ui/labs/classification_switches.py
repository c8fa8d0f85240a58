"""What eval mode, inference mode and normalising did in a run of the classification lab."""

from statistics import median

import streamlit as st

from core.measure.statistics import ratio_interval
from core.runs.records import Record
from core.units import count, seconds, significant
from ui.charts import Bar, bars

MIB = 2**20
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
        bars(COMPANY, rows, "probability in percent", alt, f"{key}_company")
        told += (
            f" In training mode they moved by up to {points(shown[1]['largest_change'])}: there batch normalisation "
            "takes mean and spread from whatever is in the batch."
        )
    st.markdown(f":material/groups: {told}")
    if after := outputs.get("after_training_mode"):
        st.caption(
            f"Training mode also writes over the network's running statistics. After {after['passes']} passes, "
            f"in eval mode again, the picture's probability was {100 * after['probability_after']:.2f}%, "
            f"before {100 * after['probability_before']:.2f}%. The lab then restored them."
        )


def _bar(name: str, share: float, entry: Record) -> Bar:
    mode = "eval" if entry["eval_mode"] else "training"
    return Bar(f"{mode}, {name}", 100 * share, f"{100 * share:.2f}%", "quiet" if entry["eval_mode"] else "measured")


def points(share: float) -> str:
    """A difference of two probabilities."""
    return f"{significant(100 * share)} percentage points"


def _graph(shown: list[Record], key: str) -> None:
    images = shown[-1]["images"]
    pictures = "one picture" if images == 1 else f"{images} pictures"
    if len(shown) == 1:
        kept = f"{count(shown[0]['saved_bytes'])} bytes were kept for a backward pass"
        st.markdown(f":material/delete_sweep: In inference mode {kept}, counted with {pictures}.")
        return
    on, off = shown
    rows = [Bar("on", on["saved_bytes"] / MIB, mib(on)), Bar("off", off["saved_bytes"] / MIB, mib(off))]
    title = f"Kept for a backward pass, {pictures}, inference mode on and off"
    bars(title, rows, "MiB", f"{title}: {rows[0].text} and {rows[1].text}", f"{key}_graph")
    st.markdown(
        f":material/delete_sweep: Without inference mode one pass of {pictures} keeps {mib(off)} beside the weights, "
        f"for gradients that nobody asks for. {slower(on['passes_s'], off['passes_s'])}"
    )


def mib(entry: Record) -> str:
    """What was kept, in MiB."""
    return f"{significant(entry['saved_bytes'] / MIB)} MiB"


def slower(on: list[float], off: list[float]) -> str:
    """What keeping it took, as far as these passes can say."""
    medians = f"medians {seconds(median(on))} with and {seconds(median(off))} without"
    found = ratio_interval(on, off)
    if found is None or found[1] <= 1 <= found[2]:
        return f"The time did not differ by more than the noise ({medians} it, {len(on)} passes each, in turn)."
    ratio, low, high = map(significant, found)
    return f"A pass took {ratio} times as long ({low} to {high}; {medians} it, {len(on)} passes each, in turn)."
