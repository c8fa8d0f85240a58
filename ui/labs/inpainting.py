"""The inpainting lab's result: original, mask and result, and the networks that took part."""

import streamlit as st

from core.runs.records import Record, fastest
from core.units import seconds
from ui.before_after import Side, before_after
from ui.dot_charts import repeat_dots
from ui.enlarged import enlarged, size_note
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.picture_grid import TILE_PX
from ui.results.cost import cost
from ui.results.networks import networks
from ui.results.previews import ROLE, previews
from ui.results.readings import evaluation_chart, peak_figure, written
from ui.runs import ShownRun

TITLES = {"original": "Original", "mask": "Mask: white is painted over", "result": "Result"}


def _sentence(run: ShownRun) -> str:
    best, models = fastest(run.record), run.record.get("models") or []
    if not best.get("wall_s") or not models:
        return ""
    loaded = "1 model" if len(models) == 1 else f"{len(models)} models"
    return f"{loaded} with {_networks(models)} networks inside took {seconds(best['wall_s'])}."


def _figures(run: ShownRun) -> list[Figure]:
    models = run.record.get("models") or []
    count_inside = _networks(models)
    return [
        Figure("Fastest result", written(fastest(run.record), "wall_s", seconds)),
        Figure("Models loaded", str(len(models)) if models else None),
        Figure("Networks inside", str(count_inside) if count_inside else None),
        peak_figure(run.record),
    ]


def _main(run: ShownRun, key: str) -> None:
    record = run.record
    made = {picture.role: picture for picture in run.pictures}
    with st.grid(3, min_column_width=TILE_PX):
        for role, title in TITLES.items():
            if role in made:
                caption = _found(record) or title if role == "mask" else title
                st.image(enlarged(made[role].png), caption=caption, width="stretch", alt=caption)
    if "result" in made:
        size_note(made["result"].png, "The result has")


def _tabs(run: ShownRun) -> dict[str, Draw]:
    found: dict[str, Draw] = {"Networks": lambda run, key: networks(run.record.get("models") or []), "Time": _time}
    if {"original", "result"} <= {picture.role for picture in run.pictures}:
        found["Before and after"] = _before_and_after
    if run.record.get("limit"):
        found["Limit"] = lambda run, key: evaluation_chart(run.record, key)
    if any(picture.role == ROLE for picture in run.pictures):
        found["How it formed"] = _formed
    found["Cost"] = lambda run, key: cost(run.record, key)
    return found


def _before_and_after(run: ShownRun, key: str) -> None:
    """The original has a size of its own and is scaled, as the pipeline does before it paints."""
    made = {picture.role: Side(TITLES[picture.role], picture.png) for picture in run.pictures if picture.role in TITLES}
    before_after([made["original"].scaled_to(made["result"]), made["result"]], key)


def _time(run: ShownRun, key: str) -> None:
    repeat_dots("Time of each result", [repeat["wall_s"] for repeat in run.record["repeats"]], key=f"{key}_times")


def _formed(run: ShownRun, key: str) -> None:
    everything = run.pictures
    previews(everything, sum(picture.role == "result" for picture in everything))


def _networks(models: list[Record]) -> int:
    return sum(len(model.get("components") or []) for model in models)


def _found(record: Record) -> str:
    """What the detector found and how sure it was; empty where it found nothing."""
    found = (record.get("outputs") or {}).get("found")
    return f"Mask of the {found['label']}, {found['confidence']:.0%} sure" if found else ""


WORDS = {
    "region": ("Paint over", "What part of the picture is replaced."),
    "painted": ("Your region", "Row by row on a grid of 64 x 64 cells: how many are not painted, how many are, …"),
}
OPTIONS = {
    "region": {
        "box": "The object's box",
        "mask": "The object, along its outline",
        "painted": "A region that I paint",
    }
}
"""What the settings of this lab alone are called, and what they are chosen from."""

LOOK = Look(
    icon=":material/brush:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    counted="evaluations",
    height_px=950,
    words=WORDS,
    titles=OPTIONS,
    draws=True,
    open_fields=("region", "prompt", "previews"),
)
