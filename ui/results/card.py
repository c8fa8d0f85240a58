"""The frame of a result: what was found, its figures and chart, and tabs for everything else."""

from datetime import datetime
from functools import partial

import streamlit as st

from core.measure.verdict import verdict
from core.runs.records import PICTURES_GONE, WEIGHTS_FILE, Record
from core.runs.registry import LABS
from core.store.tables import Run
from core.units import count
from ui.charts import from_run
from ui.figures import figures
from ui.labs import look_of
from ui.labs.look import Draw, Look
from ui.paths import page_path
from ui.plain import plain
from ui.results.conditions import conditions_words
from ui.results.exports import exports, png_button, weights_button
from ui.results.memory_parts import memory
from ui.results.readings import stage_chart
from ui.results.verdict import verdict_card
from ui.runs import ShownRun
from ui.setting_words import TWIN

WEIGHTS = {"hub": "trained weights", "dummy": "random weights", "embedded": "small twin"}


def result(run: Run, key: str, predicted: str = "", can_compare: bool = True) -> None:
    """Draw a run's result; a failed or cancelled one shows what was measured until then.

    What was found and the one chart that answers stand in sight, pictures with their chart in the first tab; everything
    else is behind tabs, of which only the one that is looked at is drawn. Changing tabs redraws the result alone.

    Args:
        predicted: what the run says to the student's prediction.
    """
    st.fragment(_result, key=f"{key}_card")(run, key, predicted, can_compare)


def _result(stored: Run, key: str, predicted: str, can_compare: bool) -> None:
    look, run = look_of(stored.lab), ShownRun(stored)
    with st.container(border=True, gap="xsmall"), from_run(short_provenance(run.record)):
        if stored.state != "finished":
            st.caption("Measured before the run ended:")
        _badges(run.record)
        if sentence := look.sentence(run):
            st.markdown(f"##### {sentence}")
        if predicted:
            st.markdown(predicted)
        figures(look.figures(run))
        look.main(run, key)
        if PICTURES_GONE in (run.record.get("notes") or []):
            st.caption(PICTURES_GONE)
        drawn = _tabs(run, look, can_compare)
        for tab, draw in zip(st.tabs(list(drawn), key=f"{key}_tab", on_change="rerun"), drawn.values(), strict=True):
            if tab.open:
                with tab:
                    draw(run, key)


def _tabs(run: ShownRun, look: Look, can_compare: bool) -> dict[str, Draw]:
    """The lab's own tabs, then those of every lab."""
    common: dict[str, Draw] = {} if run.record.get("memory") is None else {"Memory": memory}
    common |= {"Why": lambda run, key: verdict_card(run.record)} if verdict(run.record) else {}
    common |= {"Stages": lambda run, key: stage_chart(run.record, key)} if run.record.get("stages") else {}
    common |= {"Conditions": _conditions, "Take away": partial(_take_away, can_compare=can_compare)}
    own = look.tabs(run)  # one of the same title takes the common one's place
    return {**own, **{title: draw for title, draw in common.items() if title not in own}}


def _conditions(run: ShownRun, key: str) -> None:
    if (run.record.get("model") or {}).get("source") == "embedded" and (told := LABS[run.record["lab"]].carries_over):
        st.markdown(f":material/category: {told}")
    for note in run.record.get("notes") or []:
        st.markdown(f":material/info: {plain(note)}")
    st.caption(f"{provenance(run.record)}{conditions_words(run.record)}")


def _take_away(run: ShownRun, key: str, can_compare: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        exports(run.record, key)
        if look_of(run.record["lab"]).draws:
            _pictures(run, key)
        for file in (picture for picture in run.pictures if picture.role == WEIGHTS_FILE):
            weights_button(file, key)
        if can_compare:
            st.page_link(
                page_path("runs/my_runs.py"),
                label="Compare runs",
                icon=":material/compare_arrows:",
                query_params={"compare_first": run.id},
            )


def _pictures(run: ShownRun, key: str) -> None:
    """The file of every picture that the run made; its settings are inside."""
    made = [picture for picture in run.pictures if picture.role in ("picture", "result")]
    for number, picture in enumerate(made, 1):
        png_button(picture, key, f"PNG {number}" if len(made) > 1 else "PNG")


def _badges(record: Record) -> None:
    """Say first when the weights are not the real trained ones, and when the times are not those of a bare run."""
    model = record.get("model") or {}
    with st.container(horizontal=True, gap="xsmall"):
        if model.get("source") == "dummy":
            st.badge(f"{model['label']}: the output means nothing", icon=":material/casino:", color="gray")
        if model.get("source") == "embedded":
            # In two parts, as a badge that is too long for a phone is cut.
            what, _, not_what = model["label"].rpartition(", ")
            st.badge(what, icon=":material/category:", color="gray", help=TWIN)
            st.badge(not_what, color="gray", help=LABS[record["lab"]].carries_over or None)
        if record["settings"].get("previews"):
            st.badge("with previews, which take part of the time", icon=":material/hourglass_bottom:", color="gray")


def provenance(record: Record) -> str:
    """Device, dtype, weights, versions, date: what a screenshot needs to be evidence."""
    environment = record.get("environment") or {}
    versions = environment.get("versions") or {}
    parts = [_device(record)]
    for model in record.get("models") or [record.get("model")]:
        if model:
            parts.append(f"{model.get('title') or model['id']}, {_weights(model)}, {_precision(record, model)}")
    parts += [f"{name} {versions[name]}" for name in look_of(record["lab"]).libraries if versions.get(name)]
    made = datetime.fromisoformat(record["created_at"])
    parts += [f"{made:%d %b %Y %H:%M} UTC", f"run {record['id'][:8]}"]
    return " · ".join(parts)


def short_provenance(record: Record) -> str:
    """The same in the few words that fit below a chart."""
    versions = (record.get("environment") or {}).get("versions") or {}
    model = record.get("model") or {}
    made = datetime.fromisoformat(record["created_at"])
    parts = [_device(record), model.get("title"), WEIGHTS.get(model.get("source", ""))]
    parts += [_precision(record, model) if model else None]
    parts += [f"torch {versions['torch']}" if versions.get("torch") else None, f"{made:%d %b %Y %H:%M} UTC"]
    return " · ".join(part for part in parts if part)


def _precision(record: Record, model: Record) -> str:
    """The run's precision, or how many where they are what the run compares."""
    return look_of(record["lab"]).precision(record) or str(model["dtype"])


def _device(record: Record) -> str:
    device = record["device"]
    return str(device.get("name") or device["type"].upper())


def _weights(model: Record) -> str:
    label = model.get("label") or model["source"]
    parameters = (
        f", {count(model['parameters'])} parameters" if "parameters" not in label and model.get("parameters") else ""
    )
    return f"{label}{parameters}"
