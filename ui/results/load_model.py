"""The load lab's result."""

import streamlit as st

from core.labs.records import Record, fastest, growth, main_meter
from core.store.tables import Run
from core.units import gb, gib, seconds
from ui.figures import Figure, figures
from ui.results.networks import networks
from ui.results.readings import METERS, memory_chart, memory_figure, stage_chart, written


def view(run: Run, key: str) -> None:
    record = run.record
    model, best = record.get("model") or {}, fastest(record)
    figures(
        [
            Figure("Load time", written(best, "wall_s", seconds), "From the file on disk to the model on its device."),
            Figure(
                "File on disk",
                written(model, "file_bytes", gb),
                "In GB of 1,000,000,000 bytes, as the Hub counts them.",
            ),
            Figure("Weights in memory", written(model, "weights_bytes", gib), "Parameters times bytes per number."),
            memory_figure(record, "after_load"),
        ]
    )
    stage_chart(record, key)
    memory_chart(record, key)
    _explain(record, model)
    networks(record.get("models") or [])


def _explain(record: Record, model: Record) -> None:
    meter = main_meter(record)
    grown, weights = growth(record, "after_load", meter), model.get("weights_bytes")
    if grown is None or not weights:
        return
    rest = grown - weights
    more = f"{gib(rest)} more, for libraries, buffers and the context"
    less = f"{gib(-rest)} less, as memory that nothing has touched yet is not counted"
    st.markdown(
        f":material/lightbulb: The weights take {gib(weights)}. The {METERS[meter]} (`{meter}`) grew by {gib(grown)}: "
        f"{more if rest >= 0 else less}."
    )
