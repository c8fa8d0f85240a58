"""The inpainting lab's result: original, mask and result, and the networks that took part."""

import streamlit as st

from core.labs.records import Record, fastest
from core.store.tables import Run
from core.units import seconds
from ui.dot_charts import repeat_dots
from ui.enlarged import enlarged, size_note
from ui.figures import Figure, figures
from ui.results.networks import networks
from ui.results.previews import previews
from ui.results.readings import evaluation_chart, memory_chart, peak_figure, stage_chart, written
from ui.runs import pictures

TITLES = {"original": "Original", "mask": "Mask: white is painted over", "result": "Result"}


def view(run: Run, key: str) -> None:
    record = run.record
    everything = pictures(run.id)
    made = {picture.role: picture for picture in everything}
    with st.grid(3, min_column_width=150):
        for role, title in TITLES.items():
            if role in made:
                caption = _found(record) or title if role == "mask" else title
                st.image(enlarged(made[role].png), caption=caption, width="stretch", alt=caption)
    if "result" in made:
        size_note(made["result"].png, "The result has")
    previews(everything, sum(picture.role == "result" for picture in everything))
    models = record.get("models") or []
    count_inside = sum(len(model.get("components") or []) for model in models)
    best = fastest(record)
    figures(
        [
            Figure("Fastest result", written(best, "wall_s", seconds)),
            Figure("Models loaded", str(len(models)) if models else None),
            Figure("Networks inside", str(count_inside) if count_inside else None),
            peak_figure(record),
        ]
    )
    networks(models)
    repeat_dots("Time of each result", [repeat["wall_s"] for repeat in record["repeats"]], key=f"{key}_times")
    evaluation_chart(record, key)
    with st.expander("Stages and memory", icon=":material/timeline:"):
        stage_chart(record, key)
        memory_chart(record, key)


def _found(record: Record) -> str:
    """What the detector found and how sure it was; empty where it found nothing."""
    found = (record.get("outputs") or {}).get("found")
    return f"Mask of the {found['label']}, {found['confidence']:.0%} sure: white is painted over" if found else ""
