"""The picture lab's result: the pictures beside each other, their times, how far apart they are."""

from typing import Literal

import streamlit as st

from core.labs.records import Record, fastest
from core.store.tables import Picture, Run
from core.units import seconds, significant
from ui.charts import Bar, bars, time_bars
from ui.dot_charts import repeat_dots
from ui.enlarged import SINGLE_PX, enlarged, size_note
from ui.figures import Figure, figures
from ui.results.previews import previews
from ui.results.readings import SHORT, evaluation_chart, memory_chart, peak_figure, repeat_label, stage_chart, written
from ui.runs import pictures


def view(run: Run, key: str) -> None:
    record = run.record
    everything, best = pictures(run.id), fastest(record)
    made = [picture for picture in everything if picture.role == "picture"]
    _gallery(made, record["settings"].get("sweep"), key)
    previews(everything, len(made))
    figures(
        [
            Figure("Fastest picture", written(best, "wall_s", seconds), _of(record, best)),
            Figure(
                "UNet evaluations",
                written(best, "evaluations", str),
                "How often the UNet ran. Some schedulers run it more often than they count steps.",
            ),
            Figure("Time per evaluation", written(best, "seconds_per_evaluation", seconds)),
            peak_figure(record),
        ]
    )
    times = [repeat["wall_s"] for repeat in record["repeats"]]
    if record["settings"].get("sweep"):
        labels = [f"{repeat_label(record, i)}{', cold' if i == 0 else ''}" for i in range(len(times))]
        time_bars("Time of each picture", list(zip(labels, times, strict=True)), key=f"{key}_times", cold_first=True)
    else:
        repeat_dots("Time of each picture", times, key=f"{key}_times")
    evaluation_chart(record, key)
    _distances(made, record, key)
    _explain(record, made)
    with st.expander("Stages and memory", icon=":material/timeline:"):
        stage_chart(record, key)
        memory_chart(record, key)


def _of(record: Record, repeat: Record) -> str | None:
    """Which picture of a sweep these figures are of."""
    sweep = record["settings"].get("sweep")
    value = (repeat.get("settings") or {}).get(sweep)
    return f"The picture with {SHORT[sweep]} {value:g}." if sweep and value is not None else None


def _gallery(made: list[Picture], sweep: str | None, key: str) -> None:
    if not made:
        return
    with st.grid(min(len(made), 3), min_column_width=150):
        for picture in made:
            with st.container():
                caption = _caption(picture, sweep)
                shown = enlarged(picture.png, SINGLE_PX) if len(made) == 1 else enlarged(picture.png)
                width: Literal["content", "stretch"] = "content" if len(made) == 1 else "stretch"
                st.image(shown, caption=caption, width=width, alt=f"Generated picture, {caption}")
                st.download_button(
                    "PNG",
                    picture.png,
                    file_name=f"vram-lab-{picture.run_id[:8]}-{picture.index}.png",
                    mime="image/png",
                    icon=":material/download:",
                    type="tertiary",
                    key=f"{key}_png_{picture.index}",
                    on_click="ignore",
                    help="The settings are inside the file, as PNG text.",
                )
    size_note(made[0].png, "Each picture has" if len(made) > 1 else "The picture has")


def _caption(picture: Picture, sweep: str | None) -> str:
    details = picture.details
    changed = [f"{SHORT[sweep]} {details[sweep]:g}"] if sweep and details.get(sweep) is not None else []
    if sweep != "seed" and details.get("seed") is not None:
        changed.append(f"seed {details['seed']}")
    if details.get("wall_s"):
        changed.append(seconds(details["wall_s"]))
    return ", ".join(changed)


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


def _explain(record: Record, made: list[Picture]) -> None:
    sweep, repeats = record["settings"].get("sweep"), record["repeats"]
    if sweep == "seed" and _twins_agree(made):
        st.markdown(
            ":material/lightbulb: The same seed gave the same picture, pixel by pixel; another seed changed it."
        )
    elif sweep == "num_inference_steps" and len(repeats) > 1:
        first, last = repeats[0], repeats[-1]
        st.markdown(
            f":material/lightbulb: From {first['num_inference_steps']} to {last['num_inference_steps']} steps the time "
            f"went from {seconds(first['wall_s'])} to {seconds(last['wall_s'])}; most of it is the UNet, once per step "
            "and prompt."
        )
    elif sweep == "guidance_scale" and len(made) == len(repeats) > 1:
        near, far = made[-2], made[0]
        st.markdown(
            f":material/lightbulb: Every scale gave a picture, even {repeats[-1]['guidance_scale']:g}. On average its "
            f"colour values are {significant(near.details['distance_to_last'])} of 255 away from those at "
            f"{near.details['guidance_scale']:g} and {significant(far.details['distance_to_last'])} from those at "
            f"{far.details['guidance_scale']:g}."
        )


def _twins_agree(made: list[Picture]) -> bool:
    """Whether every picture with the first one's seed is the first one, pixel by pixel."""
    twins = [p.details for p in made[1:] if p.details.get("seed") == made[0].details.get("seed")]
    return bool(twins) and all(details.get("difference_to_first") == 0 for details in twins)
