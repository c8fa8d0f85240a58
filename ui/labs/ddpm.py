"""The noise lab's result: what every way drew and took, a picture on its way into noise, pictures on their way out."""

import io
from typing import Any

import streamlit as st
from PIL import Image

from core.labs.ddpm.settings import TITLES
from core.runs.records import Record
from core.store.tables import Picture
from core.units import seconds, significant
from ui.charts import Bar, altair, bars, show, time_bars
from ui.colours import colour
from ui.enlarged import enlarged
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.picture_grid import TILE_PX
from ui.results.readings import evaluation_chart, peak_figure
from ui.runs import ShownRun

WAYS = {"jump": "In one jump", "one_by_one": "Step by step"}
SHOWN_PX = 192
SCHEDULE_ROWS = 6
"""Height of the chart of the schedules, in rows of a bar chart."""


def _sentence(run: ShownRun) -> str:
    ways = {each["name"]: each for each in _ways(run.record)}
    whole, shorter = ways.get("ddpm"), _longest_ddim(run.record)
    if whole and shorter:
        times = significant(whole["wall_s"] / shorter["wall_s"], 2)
        return (
            f"DDPM asked the network {whole['evaluations']} times and took {seconds(whole['wall_s'])}. DDIM asked "
            f"{_often(shorter['evaluations'])} and was done in {seconds(shorter['wall_s'])}: {times} times as fast."
        )
    if whole and "no_noise" in ways:
        with_noise, without = significant(whole["detail"], 2), significant(ways["no_noise"]["detail"], 2)
        return (
            f"With noise added back, neighbouring colour values differ by {with_noise} of 255 on average; "
            f"without it by {without}."
        )
    last = shorter or next(iter(ways.values()), None)
    return (
        f"{last['title']} asked the network {_often(last['evaluations'])} and took {seconds(last['wall_s'])}."
        if last
        else ""
    )


def _figures(run: ShownRun) -> list[Figure]:
    ways = _ways(run.record)
    shown = [way for way in (ways[0] if ways else None, _longest_ddim(run.record)) if way]
    told = [Figure(_title(way), seconds(way["wall_s"]), "From noise to the finished pictures.") for way in shown]
    fastest = min((way["seconds_per_evaluation"] for way in ways), default=None)
    per_one = Figure("Time per evaluation", seconds(fastest) if fastest else None, "The least of all ways.")
    return [*{figure.label: figure for figure in told}.values(), per_one, peak_figure(run.record)]


def _main(run: ShownRun, key: str) -> None:
    """What every way drew, from the same noise."""
    made = [picture for picture in run.pictures if picture.role == "drawn"]
    if not made:
        return
    with st.grid(min(len(made), 3), min_column_width=TILE_PX, gap="xsmall"):
        for picture in made:
            caption = f"{_title(picture.details)}, {seconds(picture.details['wall_s'])}"
            st.image(enlarged(picture.png), caption=caption, width="stretch", alt=f"Drawn by {caption}")
    st.caption("All from the same noise, 32 x 32 pixels each, shown enlarged.")


def _tabs(run: ShownRun) -> dict[str, Draw]:
    """What the run was about comes first: adding noise where nothing took every step."""
    times: dict[str, Draw] = {"Time": _times}
    noise: dict[str, Draw] = {"Adding noise": _noising, "Schedules": _schedules}
    found = {**times, **noise} if run.record["settings"]["ways"] else {**noise, **times}
    if any(picture.role == "denoising" for picture in run.pictures):
        found["On the way"] = _denoising
    if _ways(run.record):
        found["Detail"] = _detail
    if run.record.get("limit"):
        found["Limit"] = lambda run, key: evaluation_chart(run.record, key)
    return found


def _times(run: ShownRun, key: str) -> None:
    times = [(_title(each), each["wall_s"]) for each in _ways(run.record)]
    time_bars("Time of each way", times, f"{key}_times")


def _noising(run: ShownRun, key: str) -> None:
    """One step of the way into noise, reached in both ways, and what was read off it."""
    strips = {picture.details["way"]: picture for picture in run.pictures if picture.role == "noising"}
    frames = _noise(run.record).get("frames") or []
    if not frames or not strips:
        return
    st.fragment(_one_step, key=f"{key}_noising")(strips, frames, _noise(run.record), key)


def _one_step(strips: dict[str, Picture], frames: list[Record], noise: Record, key: str) -> None:
    steps = [frame["step"] for frame in frames]
    chosen = st.select_slider("Step", steps, steps[len(steps) // 4], key=f"{key}_step")
    at = steps.index(chosen)
    with st.container(width=2 * SHOWN_PX), st.grid(2, min_column_width=130):
        for way, title in WAYS.items():
            if way in strips:
                picture = _frame(strips[way], at)
                st.image(picture, caption=title, width="stretch", alt=f"After step {chosen}: {title}")
    frame = frames[at]
    rows = [("By the formula", frame["formula"]), *((title, frame[way]) for way, title in WAYS.items())]
    lines = [f"| {name} | {found['signal']:.3f} | {found['noise']:.3f} |" for name, found in rows]
    st.markdown("\n".join(["| | picture, √ᾱ | noise, √(1 − ᾱ) |", "|:--|--:|--:|", *lines]))
    st.caption(
        "Read off 16 copies of the picture: the factor by which it is still there, and the spread of the rest. A jump "
        f"took {seconds(noise['jump_s'])}, all {steps[-1] + 1} steps {seconds(noise['one_by_one_s'])}."
    )


def _frame(strip: Picture, at: int) -> bytes:
    """One of the pictures that lie beside each other in a strip, enlarged."""
    with Image.open(io.BytesIO(strip.png)) as picture:
        side = picture.height
        out = io.BytesIO()
        picture.crop((at * side, 0, (at + 1) * side, side)).save(out, "PNG")
    return enlarged(out.getvalue(), SHOWN_PX)


def _schedules(run: ShownRun, key: str) -> None:
    curves: dict[str, list[list[float]]] = _noise(run.record).get("alpha_bar") or {}
    if not curves:
        return
    told = ", ".join(
        f"{name} {share:.2f}" for name, points in curves.items() for _, share in [points[len(points) // 2]]
    )
    title = "How much of the picture's variance is left after each step"
    shown = tuple((name, tuple(map(tuple, points))) for name, points in curves.items())
    show(title, lambda: _curve_chart(curves), ("schedules", shown), SCHEDULE_ROWS, f"{title}. Half way: {told}.", key)
    st.caption("This is ᾱ. The network was trained with the linear schedule; the cosine one keeps the picture longer.")


def _curve_chart(curves: dict[str, list[list[float]]]) -> Any:
    alt = altair()
    values = [
        {"schedule": name, "step": step, "share": share} for name, points in curves.items() for step, share in points
    ]
    half = {name: min(points, key=lambda point: abs(point[1] - 0.5)) for name, points in curves.items()}
    named = [{"schedule": name, "step": step, "share": share} for name, (step, share) in half.items()]
    place = {"x": alt.X("step:Q", title="step"), "y": alt.Y("share:Q", title="ᾱ", scale=alt.Scale(domain=[0, 1]))}
    kinds = alt.Scale(domain=["linear", "cosine"], range=[[1, 0], [6, 4]])
    dash = alt.StrokeDash("schedule:N", legend=None, scale=kinds)
    line = alt.Chart(alt.Data(values=values)).mark_line(color=colour("measured"), strokeWidth=2)
    text = alt.Chart(alt.Data(values=named)).mark_text(align="left", dx=8, dy=-8, color=colour("text"), fontSize=13)
    return alt.layer(line.encode(**place, strokeDash=dash), text.encode(**place, text="schedule:N"))


def _denoising(run: ShownRun, key: str) -> None:
    """The first picture of each way, every so many evaluations."""
    titles = {each["name"]: _title(each) for each in _ways(run.record)}
    for picture in run.pictures:
        if picture.role != "denoising":
            continue
        steps = picture.details["steps"]
        every = f"After {', '.join(map(str, steps))} evaluations"
        st.image(
            enlarged(picture.png), caption=f"{titles[picture.details['way']]}. {every}.", width="stretch", alt=every
        )


def _detail(run: ShownRun, key: str) -> None:
    ways = _ways(run.record)
    rows = [Bar(_title(each), each["detail"], significant(each["detail"], 2)) for each in ways]
    title = "How far neighbouring colour values differ"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "of 255, on average", alt, f"{key}_detail")
    apart = [f"{_title(each)} {significant(each['apart'], 2)}" for each in ways if each["apart"] is not None]
    if apart:
        st.caption(f"Two pictures of one way differ by, on average, of 255: {', '.join(apart)}.")


def _ways(record: Record) -> list[Record]:
    return (record.get("outputs") or {}).get("ways") or []


def _noise(record: Record) -> Record:
    return (record.get("outputs") or {}).get("noising") or {}


def _longest_ddim(record: Record) -> Record | None:
    shorter = [each for each in _ways(record) if each["name"].startswith("ddim")]
    return max(shorter, key=lambda each: each["evaluations"], default=None)


def _title(way: Record) -> str:
    return f"{way['title']}, {way['evaluations']}"


def _often(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


WORDS = {
    "ways": ("Every step", "Ways that take every step of the schedule, one evaluation of the network each."),
    "ddim_steps": ("DDIM", "The same network in fewer steps: once with each of these numbers, separated by commas."),
    "pictures": ("Pictures", "How many are drawn at once, in every way from the same noise."),
}
OPTIONS = {"ways": {str(name): title for name, title in TITLES.items()}}
"""What the settings of this lab alone are called, and what they are chosen from."""

LOOK = Look(
    icon=":material/blur_on:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("ways", "ddim_steps", "pictures"),
    question_fields=("pictures", "seed"),
    counted="evaluations",
    libraries=("torch", "diffusers"),
    words=WORDS,
    titles=OPTIONS,
)
