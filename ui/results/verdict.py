"""The card that says in one sentence what holds a run back, and which run to try next."""

import streamlit as st

from core.measure.published import peak_of
from core.measure.verdict import verdict
from core.runs.records import Record
from core.units import gb, significant
from ui.plain import plain

ICONS = {
    "above": ":material/report:",
    "bandwidth": ":material/memory:",
    "compute": ":material/calculate:",
    "operators": ":material/tune:",
    "host": ":material/hourglass_top:",
}


def verdict_card(record: Record) -> None:
    """Draw it; nothing where the run was set beside no limit and not profiled."""
    found = verdict(record)
    if found is None:
        return
    with st.container(border=True):
        st.markdown(f"{ICONS[found.kind]} **What holds this run back.** {plain(found.sentence)}")
        st.markdown(f":material/science: **Try next.** {plain(found.experiment)}")
        if profile := record.get("profile"):
            told = f"From a profiled extra pass over {profile['of']}; the times above are of passes without it."
            st.caption(f"{told} {published_words(record)}")


def published_words(record: Record) -> str:
    """What the maker publishes for this GPU; empty on a CPU."""
    device = record["device"]
    if device["type"] != "cuda":
        return ""
    peak = peak_of(device["name"])
    if peak is None:
        return f"No published peak of {device['name']} is known here."
    rate = f"{significant(peak.flops_16_bit_per_s / 1e12)} TFLOP/s in 16 bit"
    return f"Published for {device['name']}: {gb(peak.bytes_per_s)}/s and {rate} ({peak.source})."
