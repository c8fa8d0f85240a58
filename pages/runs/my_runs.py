"""All runs of this student: a table, two beside each other, everything to take away."""

import json

import streamlit as st

from core.labs.records import as_csv, row
from ui.comparison import compare
from ui.identity import person_id
from ui.results import result
from ui.runs import all_runs

runs = all_runs(person_id())
st.title("My runs", anchor=False)
if not runs:
    st.info(
        "Nothing has been run yet. Open a question or a lab and run it; every run is kept here.",
        icon=":material/history:",
    )
    st.stop()

st.dataframe([row(run.record) for run in runs], hide_index=True, width="stretch", key="runs_table")
with st.container(horizontal=True):
    st.download_button(
        "All runs as JSON",
        json.dumps([run.record for run in runs], indent=1),
        file_name="vram-lab-runs.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    st.download_button(
        "All runs as CSV",
        as_csv([run.record for run in runs]),
        file_name="vram-lab-runs.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )

st.header("One run", divider="gray")
names = {run.id: f"{row(run.record)['when']} · {run.lab} · {row(run.record)['weights']} · {run.id[:8]}" for run in runs}
by_id = {run.id: run for run in runs}
one = st.selectbox("Run", list(names), format_func=names.__getitem__, key="run", bind="query-params")
if one:
    result(by_id[one], key="one")

st.header("Compare two", divider="gray")
left, right = st.columns(2)
first = left.selectbox("First", list(names), format_func=names.__getitem__, key="compare_first", bind="query-params")
second = right.selectbox(
    "Second",
    list(names),
    index=min(1, len(runs) - 1),
    format_func=names.__getitem__,
    key="compare_second",
    bind="query-params",
)
if first and second:
    compare(by_id[first], by_id[second])
