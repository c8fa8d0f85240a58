"""All runs of this student: a table, two beside each other, everything to take away."""

import json

import streamlit as st

from core.runs.records import as_csv
from core.store.tables import Run
from ui.comparison import compare, run_name, shown_row
from ui.identity import person_id
from ui.results import result
from ui.runs import all_runs

IN_THE_TABLE = ("when (UTC)", "lab", "weights", "device", "fastest, s", "memory added, GiB")
"""As many columns as a screen of 1,280 pixels has room for beside the sidebar; the table's menu shows the others."""

runs = all_runs(person_id())
st.title("My runs", anchor=False)
if not runs:
    st.info(
        "Nothing has been run yet. Open a question or a lab and run it; every run is kept here.",
        icon=":material/history:",
    )
    st.stop()

st.dataframe(
    [shown_row(run.record) for run in runs],
    hide_index=True,
    width="stretch",
    column_order=IN_THE_TABLE,
    placeholder="–",
    key="runs_table",
)
with st.container(horizontal=True):
    st.download_button(
        "All runs as JSON",
        lambda: json.dumps([run.record for run in runs], indent=1),
        file_name="vram-lab-runs.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    st.download_button(
        "All runs as CSV",
        lambda: as_csv([run.record for run in runs]),
        file_name="vram-lab-runs.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )

by_id = {run.id: run for run in runs}
names = {run.id: run_name(run.record) for run in runs}


def choose(label: str, key: str, index: int = 0) -> Run:
    """One of the runs; the address names it."""
    options = list(by_id)
    if key not in st.session_state and st.query_params.get(key) in by_id:
        st.session_state[key] = st.query_params[key]
    picked = st.selectbox(label, options, index=index, format_func=names.__getitem__, key=key, bind="query-params")
    return by_id[picked or options[0]]


st.header("Compare two", divider="gray", anchor=False)
left, right = st.columns(2)
with left:
    first = choose("First", "compare_first")
with right:
    alike = [index for index, run in enumerate(runs) if run.lab == first.lab and run.id != first.id]
    second = choose("Second", "compare_second", next(iter(alike), min(1, len(runs) - 1)))
compare(first, second)

st.header("One run", divider="gray", anchor=False)
result(choose("Run", "run"), key="one", can_compare=False)
