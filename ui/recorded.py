"""A result to look at before there is one of one's own: a run that was recorded on another machine."""

import streamlit as st

from core.runs.lab import Lab
from core.runs.recorded import recorded_run
from core.runs.settings import LabSettings
from core.store.tables import Run
from ui.plain import plain
from ui.results import result


def recorded(lab: Lab, settings: LabSettings, key: str) -> bool:
    """Draw it, marked as recorded; False where there is none for this lab, model and device."""
    record = recorded_run(lab.name, settings)
    if record is None:
        return False
    machine = plain(record["environment"]["machine"])
    told = f"**Recorded, not yours.** This is how a run went on another machine: {machine}. It answers nothing here."
    st.info(told, icon=":material/history_edu:")
    run = Run(id=record["id"], lab=lab.name, state=record["state"], record=record)
    result(run, key=f"{key}_recorded", can_compare=False)
    return True
