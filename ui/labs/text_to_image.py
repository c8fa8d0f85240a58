"""The picture lab's result: the pictures beside each other, their times, how far apart they are."""

from typing import Literal

import streamlit as st

from core.runs.records import Record, fastest
from core.store.tables import Picture
from core.units import seconds, significant
from ui.before_after import Side, before_after
from ui.charts import Bar, bars, time_bars
from ui.dot_charts import repeat_dots
from ui.enlarged import SINGLE_PX, enlarged, size_note
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.picture_grid import grid_sentence, picture_caption, picture_grid, png_button
from ui.results.cost import cost
from ui.results.previews import ROLE, previews
from ui.results.readings import changed, evaluation_chart, peak_figure, repeat_label, written
from ui.runs import ShownRun


def _figures(run: ShownRun) -> list[Figure]:
    record, best = run.record, fastest(run.record)
    often = "How often the UNet ran. Some schedulers run it more often than they count steps."
    return [
        Figure("Fastest picture", written(best, "wall_s", seconds), _of(record, best)),
        Figure("UNet evaluations", written(best, "evaluations", str), often),
        Figure("Time per evaluation", written(best, "seconds_per_evaluation", seconds)),
        peak_figure(record),
    ]


def _main(run: ShownRun, key: str) -> None:
    """The pictures, and of a sweep what it is about: times over the steps, else how far apart they are.

    Of two sweeps the grid says both.
    """
    made, sweep = _made(run), run.record["settings"].get("sweep")
    if run.record["settings"].get("second_sweep"):
        picture_grid(made, run.record, key)
        return
    _gallery(made, key)
    if sweep in ("seed", "guidance_scale"):
        _distances(made, run.record, key)
    else:
        _times(run.record, key)


def _tabs(run: ShownRun) -> dict[str, Draw]:
    """What a sweep is not about in the first place, the limit, any two over each other, and how each formed."""
    sweep, found = run.record["settings"].get("sweep"), dict[str, Draw]()
    if run.record["settings"].get("second_sweep") or sweep in ("seed", "guidance_scale"):
        found["Time"] = lambda run, key: _times(run.record, key)
    elif sweep == "num_inference_steps":
        found["Difference"] = lambda run, key: _distances(_made(run), run.record, key)
    if run.record.get("limit"):
        found["Limit"] = lambda run, key: evaluation_chart(run.record, key)
    if len(_made(run)) > 1:
        found["Compare"] = lambda run, key: before_after(_sides(run), key)
    if any(picture.role == ROLE for picture in run.pictures):
        found["How it formed"] = _formed
    found["Cost"] = lambda run, key: cost(run.record, key)
    return found


def _sides(run: ShownRun) -> list[Side]:
    return [Side(f"{picture.index + 1}: {picture_caption(picture)}", picture.png) for picture in _made(run)]


def _formed(run: ShownRun, key: str) -> None:
    previews(run.pictures, len(_made(run)))


def _times(record: Record, key: str) -> None:
    times = [repeat["wall_s"] for repeat in record["repeats"]]
    if not record["settings"].get("sweep"):
        repeat_dots("Time of each picture", times, key=f"{key}_times")
        return
    labels = [f"{repeat_label(record, i)}{', cold' if i == 0 else ''}" for i in range(len(times))]
    time_bars("Time of each picture", list(zip(labels, times, strict=True)), key=f"{key}_times", cold_first=True)


def _made(run: ShownRun) -> list[Picture]:
    return [picture for picture in run.pictures if picture.role == "picture"]


def _of(record: Record, repeat: Record) -> str | None:
    """Which picture of a sweep these figures are of."""
    told = changed(repeat.get("settings") or {})
    return f"The picture with {told}." if told else None


def _gallery(made: list[Picture], key: str) -> None:
    if not made:
        return
    with st.grid(min(len(made), 3), min_column_width=150):
        for picture in made:
            with st.container():
                caption = picture_caption(picture)
                shown = enlarged(picture.png, SINGLE_PX) if len(made) == 1 else enlarged(picture.png)
                width: Literal["content", "stretch"] = "content" if len(made) == 1 else "stretch"
                st.image(shown, width=width, alt=f"Generated picture, {caption}")
                with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                    st.caption(caption, width="content")
                    png_button(picture, key)
    size_note(made[0].png, "Each picture has" if len(made) > 1 else "The picture has")


def _distances(made: list[Picture], record: Record, key: str) -> None:
    sweep = record["settings"].get("sweep")
    name = {
        "seed": "difference_to_first",
        "num_inference_steps": "distance_to_last",
        "guidance_scale": "distance_to_last",
    }.get(sweep or "")
    itself = 0 if sweep == "seed" else len(record["repeats"]) - 1
    rows = [
        Bar(
            repeat_label(record, p.index),
            p.details[name],
            significant(p.details[name]) if p.details[name] else "0, identical",
        )
        for p in made
        if name and p.details.get(name) is not None and p.index != itself
    ]
    title = "Pixel difference to the first picture" if sweep == "seed" else "Distance to the last picture"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "average difference of the colour values, 0 to 255", alt, key=f"{key}_distance")


def _sentence(run: ShownRun) -> str:
    record, made = run.record, _made(run)
    sweep, repeats = record["settings"].get("sweep"), record["repeats"]
    is_single = not record["settings"].get("second_sweep")
    if is_single and sweep == "seed" and _twins_agree(made):
        return "The same seed gave the same picture, pixel by pixel; another seed changed it."
    if is_single and sweep == "num_inference_steps" and len(repeats) > 1:
        first, last = repeats[0], repeats[-1]
        return (
            f"From {first['num_inference_steps']} to {last['num_inference_steps']} steps the time went "
            f"from {seconds(first['wall_s'])} to {seconds(last['wall_s'])}. Most of it is the UNet, "
            "once per step and prompt."
        )
    if is_single and sweep == "guidance_scale" and len(made) == len(repeats) > 1:
        near, far = made[-2], made[0]
        return (
            f"Every scale gave a picture, even {repeats[-1]['guidance_scale']:g}. On average its colour values are "
            f"{significant(near.details['distance_to_last'])} of 255 away from those at "
            f"{near.details['guidance_scale']:g} and {significant(far.details['distance_to_last'])} from those at "
            f"{far.details['guidance_scale']:g}."
        )
    if not is_single and len(repeats) > 1:
        return grid_sentence(record)
    best = fastest(record)
    if not best.get("evaluations") or not best.get("wall_s"):
        return ""
    which = "picture" if len(repeats) == 1 else f"fastest of {len(repeats)} pictures"
    return f"The {which} took {seconds(best['wall_s'])}, with {best['evaluations']} evaluations of the UNet."


def _twins_agree(made: list[Picture]) -> bool:
    """Whether every picture with the first one's seed is the first one, pixel by pixel."""
    twins = [p.details for p in made[1:] if p.details.get("seed") == made[0].details.get("seed")]
    return bool(twins) and all(details.get("difference_to_first") == 0 for details in twins)


WORDS = {
    "sweep": ("Change from picture to picture", "Which setting takes several values, one per picture."),
    "sweep_values": ("Its values", "One picture is drawn with each; separate them by commas."),
    "second_sweep": (
        "And change as well",
        "A second setting that takes several values: every value of the one with every value of the other, as a grid.",
    ),
    "second_sweep_values": ("The values of the second", "Separate them by commas. A grid has at most 36 pictures."),
    "scheduler": ("Scheduler", "How the UNet's answers become steps. The networks stay, and so does their memory."),
    "seed": (
        "Seed",
        "Where the random numbers start, in the program `random_seed`. Left empty, each run draws a new one.",
    ),
}
SCHEDULERS = {
    "own": "The model's own",
    "ddim": "DDIM",
    "euler": "Euler",
    "euler_ancestral": "Euler ancestral",
    "dpm_solver": "DPM-Solver++",
    "unipc": "UniPC",
}
CHANGED = {"seed": "Seed", "num_inference_steps": "Steps", "guidance_scale": "Guidance scale"}
OPTIONS = {"sweep": CHANGED, "second_sweep": CHANGED, "scheduler": SCHEDULERS}
"""What the settings of this lab alone are called, and what they are chosen from."""

LOOK = Look(
    icon=":material/image:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    counted="evaluations",
    height_px=950,
    words=WORDS,
    titles=OPTIONS,
    draws=True,
)
