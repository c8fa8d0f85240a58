"""The picture lab's result: the pictures beside each other, their times, how far apart they are."""

from typing import Literal

import streamlit as st

from core.runs.records import Record, fastest
from core.store.tables import Picture
from core.units import gib, seconds, significant
from ui.before_after import Side, before_after
from ui.charts import Bar, bars, time_bars
from ui.dot_charts import repeat_dots
from ui.enlarged import SINGLE_PX, enlarged, size_note
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.labs.picture_sweeps import sweep_figures, sweep_sentence
from ui.picture_grid import TILE_PX, picture_caption, picture_grid, tile_caption
from ui.plain import plain
from ui.results.cost import cost
from ui.results.previews import ROLE, previews
from ui.results.readings import evaluation_chart, peak_figure, repeat_label, written
from ui.runs import ShownRun


def _figures(run: ShownRun) -> list[Figure]:
    record, best = run.record, fastest(run.record)
    if found := sweep_figures(record, _made(run)):
        return [*found, peak_figure(record)]
    often = "How often the UNet ran. Some schedulers run it more often than they count steps."
    return [
        Figure("Fastest picture", written(best, "wall_s", seconds)),
        Figure("UNet evaluations", _evaluations(best), REFINED if best.get("refiner") else often),
        Figure("Time per evaluation", written(best, "seconds_per_evaluation", seconds)),
        peak_figure(record),
    ]


def _evaluations(best: Record) -> str | None:
    """How often the UNet ran; of a refined picture both, the base's first."""
    refiner = best.get("refiner")
    return f"{best['evaluations']} + {refiner['evaluations']}" if refiner else written(best, "evaluations", str)


def _main(run: ShownRun, key: str) -> None:
    """The pictures; of two sweeps as a grid, which says time and memory of each."""
    if run.record["settings"].get("second_sweep"):
        picture_grid(_made(run), run.record, key)
    else:
        _gallery(_made(run))


def _tabs(run: ShownRun) -> dict[str, Draw]:
    """What a sweep is about comes first: times over the steps, else how far apart the pictures are.

    Then the limit, any two over each other, and how each formed.
    """
    settings = run.record["settings"]
    sweep, is_single = settings.get("sweep"), not settings.get("second_sweep")
    found: dict[str, Draw] = {"Time": lambda run, key: _times(run.record, key)}
    apart: dict[str, Draw] = {"Difference": lambda run, key: _distances(_made(run), run.record, key)}
    if is_single and sweep:
        found = {**found, **apart} if sweep == "num_inference_steps" else {**apart, **found}
    if any(repeat.get("refiner") for repeat in run.record["repeats"]):
        found["Refiner"] = lambda run, key: _refiner(run.record)
    if run.record.get("limit"):
        found["Limit"] = lambda run, key: evaluation_chart(run.record, key)
    if len(_made(run)) > 1:
        found["Compare"] = lambda run, key: before_after(_sides(run), key)
    if any(picture.role == ROLE for picture in run.pictures):
        found["How it formed"] = _formed
    found["Cost"] = lambda run, key: cost(run.record, key)
    return found


def _refiner(record: Record) -> None:
    """What base and refiner did of each picture."""
    rows = [
        f"| {repeat_label(record, index)} | {repeat['evaluations']} | {seconds(repeat['seconds_per_evaluation'])} | "
        f"{refiner['evaluations'] if refiner else 0} | "
        f"{seconds(refiner['seconds_per_evaluation']) if refiner else '–'} |"
        for index, repeat in enumerate(record["repeats"])
        for refiner in [repeat.get("refiner")]
    ]
    head = "| picture | base, evaluations | each | refiner, evaluations | each |"
    st.markdown("\n".join([head, "|:--|--:|--:|--:|--:|", *rows]))
    sizes = {model["title"]: gib(model["weights_bytes"]) for model in record["models"]}
    st.caption(
        f"{REFINED} Weights in memory: {', '.join(f'{plain(title)} {size}' for title, size in sizes.items())}. "
        "The refiner brings only its UNet: second text encoder and VAE are SDXL's own."
    )


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


def _gallery(made: list[Picture]) -> None:
    if not made:
        return
    with st.grid(min(len(made), 3), min_column_width=TILE_PX, gap="xsmall"):
        for picture in made:
            caption = picture_caption(picture)
            shown = enlarged(picture.png, SINGLE_PX) if len(made) == 1 else enlarged(picture.png)
            width: Literal["content", "stretch"] = "content" if len(made) == 1 else "stretch"
            st.image(shown, caption=tile_caption(picture), width=width, alt=f"Generated picture, {caption}")
    if len(made) == 1:
        size_note(made[0].png, "The picture has")


def _distances(made: list[Picture], record: Record, key: str) -> None:
    sweep = record["settings"].get("sweep")
    name = {
        "seed": "difference_to_first",
        "num_inference_steps": "distance_to_last",
        "guidance_scale": "distance_to_last",
        "refiner_share": "difference_to_first",
    }.get(sweep or "")
    is_to_first = name == "difference_to_first"
    itself = 0 if is_to_first else len(record["repeats"]) - 1
    rows = [
        Bar(
            repeat_label(record, p.index),
            p.details[name],
            significant(p.details[name]) if p.details[name] else "0, identical",
        )
        for p in made
        if name and p.details.get(name) is not None and p.index != itself
    ]
    title = "Pixel difference to the first picture" if is_to_first else "Distance to the last picture"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "average colour difference, 0 to 255", alt, key=f"{key}_distance")


def _sentence(run: ShownRun) -> str:
    record = run.record
    if told := sweep_sentence(record, _made(run)):
        return told
    repeats, best = record["repeats"], fastest(record)
    if not best.get("evaluations") or not best.get("wall_s"):
        return ""
    which = "picture" if len(repeats) == 1 else f"fastest of {len(repeats)} pictures"
    if refiner := best.get("refiner"):
        told = f"{best['evaluations']} evaluations of SDXL's UNet and {refiner['evaluations']} of the refiner's"
        return f"The {which} took {seconds(best['wall_s'])}, with {told}."
    return f"The {which} took {seconds(best['wall_s'])}, with {best['evaluations']} evaluations of the UNet."


REFINED = (
    "The base takes the first steps, the refiner the rest of the same schedule: together as many as one model alone."
)
WORDS = {
    "refiner_share": (
        "Share of the refiner",
        "Of the steps, the last ones: SDXL's refiner goes on with the base's latents while they are still noisy. It "
        "was trained on the last fifth, 0.2. With 0 it is not loaded; it takes 0.5 at most.",
    ),
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
CHANGED = {
    "seed": "Seed",
    "num_inference_steps": "Steps",
    "guidance_scale": "Guidance scale",
    "refiner_share": "Share of the refiner",
}
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
