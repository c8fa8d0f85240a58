"""The result of the lab on moving pictures: the film beside its frames drawn alone, time and memory by frames."""

from statistics import mean
from typing import Any

import streamlit as st

from core.runs.records import Record
from core.store.tables import Picture
from core.units import seconds, significant
from ui.charts import altair, memory_bars, show, time_bars
from ui.colours import colour
from ui.enlarged import enlarged, size_note
from ui.figures import Figure
from ui.film import Film, films
from ui.labs.look import Draw, Look
from ui.picture_grid import TILE_PX
from ui.results.cost import cost
from ui.results.readings import evaluation_chart, peak_figure
from ui.runs import ShownRun

TOGETHER, ALONE = "With motion modules", "Without: each frame alone"
ROLES = {"frame": TOGETHER, "frame_alone": ALONE}
APART_ROWS = 7
"""Height of the chart of distances, in rows of a bar chart."""
NO_MEANING = "The weights are random, so how far frames are apart means nothing."
APART_TOLD = (
    "The mean difference of the colour values of a frame and the one before, 0 for the same picture to 255. Both films "
    "begin with the same noise, other noise for each frame."
)


def _clips(run: ShownRun) -> list[Record]:
    found: list[Record] = ((run.record.get("outputs") or {}).get("text_to_video") or {}).get("clips") or []
    return found


def _moving(run: ShownRun) -> list[Record]:
    return [clip for clip in _clips(run) if clip["has_motion"]]


def _pair(run: ShownRun) -> tuple[Record, Record] | None:
    """The longest clip with and without motion modules, where it has more than one frame and both were drawn."""
    clips = _clips(run)
    if not clips or clips[-1]["has_motion"] or not clips[-1]["apart"]:
        return None
    return _moving(run)[-1], clips[-1]


def _sentence(run: ShownRun) -> str:
    moving = _moving(run)
    if not moving:
        return ""
    longest, told = moving[-1], ""
    if moving[0]["num_frames"] == 1 and len(moving) > 1:
        over = longest["wall_s"] / moving[0]["wall_s"]
        told = f"{longest['num_frames']} frames took {significant(over, 2)} times as long as one. "
    if (pair := _pair(run)) and not _is_random(run):
        together, alone = (significant(mean(clip["apart"]), 2) for clip in pair)
        told += f"From frame to frame the film changes by {together} of 255, and by {alone} without motion modules."
    return told.strip() or f"The film of {longest['num_frames']} frames took {seconds(longest['wall_s'])}."


def _figures(run: ShownRun) -> list[Figure]:
    moving = _moving(run)
    longest: Record = moving[-1] if moving else {}
    each_s = longest["wall_s"] / longest["num_frames"] if longest else None
    computed = longest.get("pictures_computed")
    told = f"The UNet was asked {longest['evaluations']} times, each time for all frames." if longest else None
    return [
        Figure("Longest film", seconds(longest["wall_s"]) if longest else None, _frames(longest) if longest else None),
        Figure("Time per frame", None if each_s is None else seconds(each_s), "Of the longest film."),
        Figure("Noise predicted", None if computed is None else f"{computed:,} ×", told),
        peak_figure(run.record),
    ]


def _is_random(run: ShownRun) -> bool:
    return bool(run.record["settings"]["source"] == "dummy")


def _frames(clip: Record) -> str:
    told = "1 frame" if clip["num_frames"] == 1 else f"{clip['num_frames']} frames"
    return told if clip["has_motion"] else f"{told}, alone"


def _made(run: ShownRun, role: str) -> list[Picture]:
    return [picture for picture in run.pictures if picture.role == role]


def _main(run: ShownRun, key: str) -> None:
    """Both films beside each other."""
    shown = {role: made for role in ROLES if (made := _made(run, role))}
    if not shown:
        return
    clips = {clip["has_motion"]: clip for clip in _clips(run)}
    drawn = []
    for role, made in shown.items():
        apart = (clips.get(role == "frame") or {}).get("apart")
        told = ROLES[role]
        if apart and not _is_random(run):
            told += f": {significant(mean(apart), 2)} of 255 from frame to frame"
        drawn.append(Film(tuple(picture.png for picture in made), told, f"Generated film, {ROLES[role].lower()}"))
    films(drawn, key)
    size_note(_made(run, next(iter(shown)))[0].png, "Each frame has")


def _tabs(run: ShownRun) -> dict[str, Draw]:
    found, tabs = _clips(run), dict[str, Draw]()
    if _pair(run):
        tabs["Frame to frame"] = _apart
    if _made(run, "frame"):
        tabs["Frames"] = _all_frames
    if found:
        tabs["Time"] = _times
    if any(clip["peak_bytes"] for clip in found):
        tabs["Memory by frames"] = _memory
    if run.record.get("limit"):
        tabs["Limit"] = _limit
    if run.record.get("repeats"):
        tabs["Cost"] = lambda run, key: cost(run.record, key)
    return tabs


def _apart(run: ShownRun, key: str) -> None:
    """How far each frame is from the one before, with motion modules and without."""
    pair = _pair(run)
    if pair is None:
        return
    if _is_random(run):
        st.caption(NO_MEANING)
    title = "How far each frame is from the one before"
    together, alone = (tuple(clip["apart"]) for clip in pair)
    alt = (
        f"{title}: with motion modules {significant(mean(together), 2)} of 255 on average, without "
        f"{significant(mean(alone), 2)}"
    )
    show(title, lambda: _apart_chart(together, alone), (together, alone), APART_ROWS, alt, f"{key}_apart")
    st.caption(APART_TOLD)


def _apart_chart(together: tuple[float, ...], alone: tuple[float, ...]) -> Any:
    alt = altair()
    named = {"with motion modules": (together, colour("measured")), "each frame alone": (alone, colour("quiet"))}
    rows = [
        {"what": what, "frame": at, "apart": value}
        for what, (values, _) in named.items()
        for at, value in enumerate(values, 2)
    ]
    scale = alt.Scale(domain=list(named), range=[shade for _, shade in named.values()])
    place = {
        "x": alt.X("frame:Q", title="frame", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(zero=False)),
        "y": alt.Y("apart:Q", title="of 255"),
        "color": alt.Color("what:N", scale=scale, legend=alt.Legend(title=None, orient="top")),
    }
    base = alt.Chart(alt.Data(values=rows)).encode(**place)
    return alt.layer(base.mark_line(strokeWidth=2), base.mark_point(filled=True, size=40))


def _all_frames(run: ShownRun, key: str) -> None:
    """Every frame of both films."""
    for role, title in ROLES.items():
        made = _made(run, role)
        if made:
            st.markdown(f"**{title}**")
        with st.grid(4, min_column_width=TILE_PX, gap="xsmall"):
            for picture in made:
                number = picture.details["frame"] + 1
                alt = f"{title}, frame {number}"
                st.image(enlarged(picture.png), caption=str(number), width="stretch", alt=alt)


def _times(run: ShownRun, key: str) -> None:
    rows = [
        (f"{_frames(clip)}, {seconds(clip['wall_s'] / clip['num_frames'])} each", clip["wall_s"])
        for clip in _clips(run)
    ]
    time_bars("Time by number of frames", rows, f"{key}_times", cold_first=True)
    st.caption(
        "The first one is cold (hollow). The UNet is asked equally often for every film: once per step for all frames "
        "together, with guidance for twice as many."
    )


def _memory(run: ShownRun, key: str) -> None:
    """The most memory of each clip."""
    found = [clip for clip in _clips(run) if clip["peak_bytes"]]
    memory_bars(
        "Most memory by number of frames", [(_frames(clip), clip["peak_bytes"]) for clip in found], f"{key}_most"
    )
    if found[0]["peak_meter"] == "process_rss_bytes":
        st.caption(
            "The memory of the whole program. It keeps what it once had, so a film can show what one before it took."
        )
    else:
        st.caption("Of tensors on the GPU: the weights, and what all frames take together while they are computed.")


def _limit(run: ShownRun, key: str) -> None:
    """The clip whose evaluation was set beside the limit: the quickest."""
    quickest = min(run.record["repeats"], key=lambda repeat: repeat["seconds_per_evaluation"])
    st.caption(f"Of the film with the quickest evaluation: {_frames(_clips(run)[quickest['index']])}.")
    shown = [
        repeat if repeat is quickest else repeat | {"seconds_per_evaluation": None} for repeat in run.record["repeats"]
    ]
    evaluation_chart(run.record | {"repeats": shown}, key)


WORDS = {
    "num_frames": (
        "Frames",
        "Films of so many frames, one after the other, 1 to 32. The longest is shown, and drawn once more without the "
        "motion modules. Left empty, they follow from weights and device.",
    ),
    "num_inference_steps": ("Steps", "Of every film. Left empty, they follow from weights and device."),
    "side": ("Size in pixels", "Height and width, a multiple of 64. Left empty, it follows from weights and device."),
}
"""What the settings of this lab alone are called."""

LOOK = Look(
    icon=":material/movie:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("prompt", "num_frames"),
    question_fields=("prompt",),
    counted="evaluations",
    height_px=900,
    words=WORDS,
    draws=True,
)
