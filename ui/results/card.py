"""The frame of a result: the lab's own view, then provenance, export and the way to a comparison."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import streamlit as st

from core.labs.twin_world import CARRIES_OVER
from core.store.tables import Run
from core.units import count
from ui.navigation import page_path
from ui.results import inpainting, load_model, runtime, text_generation, text_to_image

Record = dict[str, Any]
VIEWS: dict[str, Callable[[Run, str], None]] = {
    "runtime": runtime.view,
    "load_model": load_model.view,
    "text_generation": text_generation.view,
    "text_to_image": text_to_image.view,
    "inpainting": inpainting.view,
}


def result(run: Run, key: str, can_compare: bool = True) -> None:
    """Draw a run's result; a failed or cancelled one shows what was measured until then."""
    with st.container(border=True):
        if run.state != "finished":
            st.caption("Measured until the run ended:")
        _badges(run.record)
        VIEWS[run.lab](run, key)
        for note in run.record.get("notes") or []:
            st.caption(f":material/info: {note}")
        st.caption(provenance(run.record))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                "Run as JSON",
                json.dumps(run.record, indent=1),
                file_name=f"vram-lab-run-{run.id}.json",
                mime="application/json",
                icon=":material/download:",
                key=f"{key}_json",
                type="tertiary",
                on_click="ignore",
            )
            if can_compare:
                st.page_link(
                    page_path("runs/my_runs.py"),
                    label="Compare runs",
                    icon=":material/compare_arrows:",
                    query_params={"compare_first": run.id},
                )


def _badges(record: Record) -> None:
    """Say first when the weights are not the real trained ones, and when the times are not those of a bare run."""
    model = record.get("model") or {}
    with st.container(horizontal=True, gap="xsmall"):
        if model.get("source") == "dummy":
            st.badge(f"{model['label']}: the output means nothing", icon=":material/casino:", color="gray")
        if model.get("source") == "embedded":
            # In two parts, as a badge that is too long for a phone is cut.
            what, _, not_what = model["label"].rpartition(", ")
            st.badge(what, icon=":material/category:", color="gray")
            st.badge(not_what, color="gray")
        if record["settings"].get("previews"):
            st.badge("with previews, times include them", icon=":material/hourglass_bottom:", color="gray")
    if model.get("source") == "embedded" and record["lab"] in CARRIES_OVER:
        st.caption(CARRIES_OVER[record["lab"]])


def provenance(record: Record) -> str:
    """Device, dtype, weights, versions, date: what a screenshot needs to be evidence."""
    environment = record.get("environment") or {}
    versions = environment.get("versions") or {}
    parts = [_device(record)]
    for model in record.get("models") or [record.get("model")]:
        if model:
            parts.append(f"{model.get('title') or model['id']}, {_weights(model)}, {model['dtype']}")
    parts += [
        f"{name} {versions[name]}"
        for name in ("torch", "transformers", "diffusers", "ultralytics")
        if versions.get(name)
    ]
    made = datetime.fromisoformat(record["created_at"])
    parts += [f"{made:%d %b %Y %H:%M} UTC", f"run {record['id'][:8]}"]
    return " · ".join(parts)


def _device(record: Record) -> str:
    device = record["device"]
    return str(device.get("name") or device["type"].upper())


def _weights(model: Record) -> str:
    label = model.get("label") or model["source"]
    parameters = (
        f", {count(model['parameters'])} parameters" if "parameters" not in label and model.get("parameters") else ""
    )
    return f"{label}{parameters}"
