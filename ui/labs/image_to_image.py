"""The result of changing a picture: the original and what each strength made of it, with times and distances."""

import streamlit as st

from core.runs.records import Record, fastest
from core.store.tables import Picture
from core.units import seconds, significant
from ui.before_after import Side, before_after
from ui.charts import Bar, bars, time_bars
from ui.enlarged import enlarged, size_note
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.picture_grid import TILE_PX
from ui.results.cost import cost
from ui.results.readings import evaluation_chart, peak_figure, written
from ui.runs import ShownRun


def _sentence(run: ShownRun) -> str:
    repeats = run.record["repeats"]
    if not repeats:
        return ""
    least, most = (choose(repeats, key=lambda repeat: repeat["strength"]) for choose in (min, max))
    if least is most:
        return f"A strength of {most['strength']:g} asked the UNet {most['evaluations']} times."
    return (
        f"From a strength of {least['strength']:g} to {most['strength']:g} the UNet was asked "
        f"{least['evaluations']} to {most['evaluations']} times, and the time went from {seconds(least['wall_s'])} to "
        f"{seconds(most['wall_s'])}."
    )


def _figures(run: ShownRun) -> list[Figure]:
    repeats = run.record["repeats"]
    most: Record = max(repeats, key=lambda repeat: repeat["strength"], default={})
    best = fastest(run.record)
    told = f"With a strength of {most['strength']:g}." if most else None
    return [
        Figure("Least time", written(best, "wall_s", seconds), f"With a strength of {best.get('strength', 0):g}."),
        Figure("Most time", written(most, "wall_s", seconds), told),
        Figure("Time per evaluation", written(best, "seconds_per_evaluation", seconds)),
        peak_figure(run.record),
    ]


def _main(run: ShownRun, key: str) -> None:
    """The original first, then every strength."""
    shown = [picture for picture in run.pictures if picture.role in ("original", "result")]
    with st.grid(3, min_column_width=TILE_PX, gap="xsmall"):
        for picture in shown:
            caption = _caption(picture)
            st.image(enlarged(picture.png), caption=caption, width="stretch", alt=caption)
    if shown:
        size_note(shown[0].png, "Each picture has")


def _tabs(run: ShownRun) -> dict[str, Draw]:
    found: dict[str, Draw] = {"Time": _times}
    if _results(run):
        found["Distance"] = _distances
        found["Before and after"] = _before_and_after
    if run.record.get("limit"):
        found["Limit"] = lambda run, key: evaluation_chart(run.record, key)
    found["Cost"] = lambda run, key: cost(run.record, key)
    return found


def _times(run: ShownRun, key: str) -> None:
    repeats = run.record["repeats"]
    rows = [(f"{repeat['strength']:g}, {repeat['evaluations']} evaluations", repeat["wall_s"]) for repeat in repeats]
    time_bars("Time by strength", rows, f"{key}_times", cold_first=True)
    st.caption("The first one is cold (hollow).")


def _distances(run: ShownRun, key: str) -> None:
    rows = [
        Bar(f"strength {picture.details['strength']:g}", distance, significant(distance))
        for picture in _results(run)
        if (distance := picture.details.get("distance_to_original")) is not None
    ]
    title = "Distance to the original"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "difference of colours, 0 to 255", alt, f"{key}_distance")


def _before_and_after(run: ShownRun, key: str) -> None:
    shown = [picture for picture in run.pictures if picture.role in ("original", "result")]
    before_after([Side(_caption(picture), picture.png) for picture in shown], key)


def _results(run: ShownRun) -> list[Picture]:
    return [picture for picture in run.pictures if picture.role == "result"]


def _caption(picture: Picture) -> str:
    if picture.role == "original":
        return "Original"
    return f"Strength {picture.details['strength']:g}, {seconds(picture.details['wall_s'])}"


WORDS = {
    "strengths": (
        "Strengths",
        "How far the picture is taken towards noise, above 0 to 1. One picture is drawn with each; separate them by "
        "commas.",
    ),
}
"""What the settings of this lab alone are called."""

LOOK = Look(
    icon=":material/auto_fix_high:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("prompt", "strengths"),
    question_fields=("prompt", "strengths"),
    counted="evaluations",
    height_px=950,
    words=WORDS,
    draws=True,
)
