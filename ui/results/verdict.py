"""The card that says in one sentence what holds a run, and which run to try next."""

import streamlit as st

from core.labs.records import Record
from core.measure.verdict import verdict
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
        st.markdown(f"{ICONS[found.kind]} **What holds this run.** {plain(found.sentence)}")
        st.markdown(f":material/science: **Try next.** {plain(found.experiment)}")
        if profile := record.get("profile"):
            st.caption(f"From a profiled extra pass over {profile['of']}; the times above are of passes without it.")
