"""The load lab's result."""

from core.runs.records import fastest, growth, main_meter
from core.units import gb, gib, seconds
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.results.memory_parts import memory
from ui.results.networks import networks
from ui.results.readings import METERS, memory_figure, written
from ui.runs import ShownRun


def _sentence(run: ShownRun) -> str:
    record = run.record
    model, meter = record.get("model") or {}, main_meter(record)
    grown, weights = growth(record, "after_load", meter), model.get("weights_bytes")
    if grown is None or not weights:
        return ""
    rest = grown - weights
    more = f"{gib(rest)} more, for libraries, buffers and the context"
    less = f"{gib(-rest)} less, as memory that nothing has touched yet is not counted"
    return (
        f"The weights take {gib(weights)}. The {METERS[meter]} (`{meter}`) grew by {gib(grown)}: "
        f"{more if rest >= 0 else less}."
    )


def _figures(run: ShownRun) -> list[Figure]:
    record, model = run.record, run.record.get("model") or {}
    took = "From the file on disk to the model on its device."
    counted = "In GB of 1,000,000,000 bytes, as the Hub counts them."
    return [
        Figure("Load time", written(fastest(record), "wall_s", seconds), took),
        Figure("File on disk", written(model, "file_bytes", gb), counted),
        Figure("Weights in memory", written(model, "weights_bytes", gib), "Parameters times bytes per number."),
        memory_figure(record, "after_load"),
    ]


def _tabs(run: ShownRun) -> dict[str, Draw]:
    return {"Memory": memory, "Networks": lambda run, key: networks(run.record.get("models") or [])}


LOOK = Look(icon=":material/download:", sentence=_sentence, figures=_figures, tabs=_tabs)
