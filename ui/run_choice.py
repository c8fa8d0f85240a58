"""Which earlier run a training goes on from: the student's own, as long as what they left is kept."""

from datetime import UTC, datetime

import streamlit as st

from core.classroom.runs import runs_of_lab
from core.runs import checkpoints
from core.runs.records import Record
from core.store.database import session
from core.units import count

NONE = ""
MOST = 20


def run_choice(person: str, prefix: str, lab: str, disabled: bool) -> str:
    """The lab's `go_on_from` setting: a run's id, empty where it begins anew. Not drawn while there is no such run."""
    with session() as database:
        mine = {run.id: run.record for run in runs_of_lab(database, person, lab, MOST)}
    kept = {run_id: record for run_id, record in mine.items() if checkpoints.is_kept(run_id)}
    key = f"{prefix}_go_on_from"
    if not kept:
        st.session_state.pop(key, None)
        return NONE
    if st.session_state.get(key, NONE) not in (NONE, *kept):
        st.session_state[key] = NONE
    return str(
        st.selectbox(
            "Go on from",
            [NONE, *kept],
            format_func=lambda run_id: _title(run_id, kept[run_id]) if run_id else "Nothing: begin with random weights",
            key=key,
            disabled=disabled,
            help="A run of yours, whose network is trained on. Ask for more steps than it has. Its name: `go_on_from`.",
        )
    )


def _title(run_id: str, record: Record) -> str:
    made = datetime.fromisoformat(record["created_at"]).astimezone(UTC)
    steps = ((record.get("outputs") or {}).get("training") or {}).get("last_step")
    told = f", {count(steps)} steps" if steps else ""
    return f"Run {run_id[:8]}{told}, {made:%d %b %H:%M} UTC"
