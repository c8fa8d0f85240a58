"""The training lab's result: the loss as it fell, what was drawn on the way, and what the memory went into."""

from typing import Any

import streamlit as st

from core.labs.train_ddpm.settings import SIDES, SWITCHES
from core.runs.records import Record
from core.store.tables import Picture
from core.units import count, seconds, significant
from ui.charts import Bar, altair, bars, show
from ui.colours import colour
from ui.enlarged import enlarged
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.plain import plain
from ui.runs import ShownRun

MIB = 2**20
LINES = {"training": "in training", "plain": "held out, plain", "averaged": "held out, averaged"}
WEIGHTS = {"plain": "Plain weights", "averaged": "Averaged weights"}
PARTS = {
    "weights": "weights",
    "moments": "Adam's two moments",
    "averaged": "averaged weights",
    "step": "the step itself",
}
"""What the memory of a step went into, and how strong its colour is."""
SHADES = {"weights": 1.0, "moments": 0.75, "averaged": 0.5, "step": 0.3}
CHART_ROWS = 7


def _sentence(run: ShownRun) -> str:
    found, losses = _training(run.record), _losses(run.record)
    if not losses:
        return ""
    steps = found["last_step"] - found["first_step"]
    told = f"{count(steps)} {'step' if steps == 1 else 'steps'} in {seconds(found['seconds'])}"
    first, last = (significant(loss, 2) for _, loss in (losses[0], losses[-1]))
    ratio = _over_inference(run.record)
    held = f" Training held {significant(ratio, 2)} times the bytes that drawing holds." if ratio else ""
    return f"{told}: the loss went from {first} to {last}.{held}"


def _figures(run: ShownRun) -> list[Figure]:
    found, limit = _training(run.record), run.record.get("limit")
    points = found.get("points") or []
    held_out = points[-1]["averaged_loss"] if points else None
    rate = found.get("steps_per_s")
    share = f" {rate * limit['value']:.0%} of the limit of the arithmetic." if rate and limit else ""
    return [
        Figure("Steps per second", significant(rate, 3) if rate else None, f"While it trained.{share}"),
        Figure(
            "Held-out loss",
            significant(held_out, 2) if held_out is not None else None,
            "Of the averaged weights, on pictures that the training never saw.",
        ),
        Figure(
            "Trained so far",
            f"{count(found['last_step'])} steps" if found else None,
            "Runs that this one went on from included.",
        ),
    ]


def _main(run: ShownRun, key: str) -> None:
    """The loss, in training and on pictures that were held out."""
    found = _training(run.record)
    losses, points = _losses(run.record), found.get("points") or []
    if not losses:
        return
    lines = {"training": losses} | {
        name: [[point["step"], point[f"{name}_loss"]] for point in points if point[f"{name}_loss"] is not None]
        for name in ("plain", "averaged")
    }
    ends = ", ".join(f"{LINES[name]} {significant(line[-1][1], 2)}" for name, line in lines.items() if line)
    shown = tuple((name, tuple(map(tuple, line))) for name, line in lines.items())
    title = "The loss"
    show(
        title, lambda: _loss_chart(lines), ("losses", shown), CHART_ROWS, f"{title} at the end: {ends}.", f"{key}_loss"
    )
    st.caption(f"At the end: {ends}. The scale is logarithmic.")


def _loss_chart(lines: dict[str, list[list[float]]]) -> Any:
    alt = altair()
    values = [{"line": LINES[name], "step": step, "loss": loss} for name, line in lines.items() for step, loss in line]
    dashes = alt.Scale(domain=list(LINES.values()), range=[[1, 0], [6, 4], [2, 3]])
    colours = alt.Scale(domain=list(LINES.values()), range=[colour("quiet"), colour("predicted"), colour("measured")])
    legend = alt.Legend(title=None, orient="top", columns=2, labelLimit=200, symbolSize=600, symbolStrokeWidth=2)
    all_losses = [loss for line in lines.values() for _, loss in line]
    scale = alt.Scale(type="log", domain=[0.9 * min(all_losses), 1.1 * max(all_losses)], nice=False)
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("step:Q", title="step"),
        y=alt.Y("loss:Q", title="loss", scale=scale),
        color=alt.Color("line:N", scale=colours, legend=legend),
        strokeDash=alt.StrokeDash("line:N", scale=dashes, legend=legend),
    )
    return base.mark_line(strokeWidth=2)


def _tabs(run: ShownRun) -> dict[str, Draw]:
    found: dict[str, Draw] = {}
    if any(picture.role == "drawn" for picture in run.pictures):
        found["Drawn on the way"] = _drawn
    if _variants(run.record):
        found |= {"Memory of a step": _memory, "Time of a step": _times}
    if _training(run.record):
        found["Go on"] = _going_on
    return found


def _drawn(run: ShownRun, key: str) -> None:
    """What the same noise became until a point, at first the last one, with both kinds of weights."""
    made = [picture for picture in run.pictures if picture.role == "drawn"]
    steps = list(dict.fromkeys(int(picture.details["step"]) for picture in made))
    step, side = steps[-1], SIDES[run.record["settings"]["network"]]
    told = f"All from the same noise, {side} x {side} pixels each, shown enlarged."
    if len(steps) > 1:
        step = st.select_slider("After so many steps", steps, step, count, key=f"{key}_{run.id}_drawn", help=told)
    else:
        st.caption(told)
    with st.grid(2, min_column_width=280, gap="xsmall"):
        for picture in (each for each in made if each.details["step"] == step):
            _strip(picture)


def _strip(picture: Picture) -> None:
    title = WEIGHTS[picture.details["weights"]]
    st.image(enlarged(picture.png), caption=title, width="stretch", alt=f"{title}, step {picture.details['step']}")


def _memory(run: ShownRun, key: str) -> None:
    """Bytes by part of drawing, of training, and of each switch; computed above measured."""
    variants = [each for each in _variants(run.record) if each.get("is_available")]
    rows = [row for each in variants for row in _segments(each)]
    told = ", ".join(f"{each['title']} {_mib(each['total_bytes'])}" for each in variants)
    title = "What is held at the highest moment of a step"
    shown = tuple(tuple(row.items()) for row in rows)
    show(title, lambda: _memory_chart(rows), shown, len({row["row"] for row in rows}), told, f"{key}_memory")
    st.markdown("\n".join(["| | part | computed | measured |", "|:--|:--|--:|--:|", *map(_line, _parts(variants))]))
    batch = run.record["settings"]["batch"]
    st.caption(
        f"With batches of {batch}. From dark to light: {', '.join(PARTS.values())}. Computed: every tensor of a step "
        "was followed without computing it. Measured: what PyTorch's allocator held at its highest. The step itself is "
        "made of activations, and of gradients as far as they are there at that moment; after the way back the "
        "gradients are as large as the weights."
    )


def _parts(variants: list[Record]) -> list[tuple[str, str, int | None, int]]:
    return [
        (each["title"] if name == "weights" else "", PARTS[name], each["computed"].get(name), each["measured"][name])
        for each in variants
        for name in PARTS
        if name in each["measured"]
    ]


def _line(part: tuple[str, str, int | None, int]) -> str:
    title, name, computed, measured = part
    return f"| {title} | {name} | {'not computed' if computed is None else _mib(computed)} | {_mib(measured)} |"


def _segments(variant: Record) -> list[dict[str, Any]]:
    rows, start = [], 0.0
    for name, title in PARTS.items():
        if name not in variant["measured"]:
            continue
        size = variant["measured"][name] / MIB
        rows.append({"row": variant["title"], "part": title, "text": f"{significant(size, 3)} MiB"})
        rows[-1] |= {"start": start, "end": start + size, "opacity": SHADES[name], "order": len(rows)}
        start += size
    return rows


def _memory_chart(rows: list[dict[str, Any]]) -> Any:
    alt = altair()
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(height=18, stroke=colour("paper"), strokeWidth=1, color=colour("measured"))
        .encode(
            x=alt.X("start:Q", title="MiB", axis=alt.Axis(tickCount=4)),
            x2="end:Q",
            y=alt.Y("row:N", title=None, sort=None, axis=alt.Axis(labelLimit=150, ticks=False, domain=False)),
            fillOpacity=alt.FillOpacity("opacity:Q", scale=None),
            tooltip=[alt.Tooltip("part:N", title=" "), alt.Tooltip("text:N", title="MiB")],
        )
    )


def _times(run: ShownRun, key: str) -> None:
    variants = _variants(run.record)
    rows = [
        Bar(each["title"], each["step_s"], seconds(each["step_s"]))
        for each in variants
        if each.get("is_available") and each["name"] != "inference"
    ]
    title = "Time of a step, each switch alone"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    limit = run.record.get("limit")
    bars(title, rows, "seconds", alt, f"{key}_times", limit["value"] if limit else None)
    told = [f"{each['title']}: {each['reason']}." for each in variants if not each.get("is_available")]
    basis = (
        f"Dashed: the least that the arithmetic of the run's own step allows. {plain(limit['basis'])}. "
        if limit
        else ""
    )
    st.caption(f"{basis}Each bar is the fastest of three steps. {' '.join(told)}")


def _going_on(run: ShownRun, key: str) -> None:
    found = _training(run.record)
    size, why = found.get("checkpoint_bytes"), found.get("checkpoint_reason")
    if size:
        steps = run.record["settings"]["steps"]
        st.markdown(
            f"A checkpoint of {_mib(size)} was kept after {count(found['last_step'])} steps: the weights, their "
            "average, Adam's moments, and the place in the random numbers. Choose this run under **Go on from**, "
            + ("and ask for more steps." if found["last_step"] >= steps else "and run again.")
        )
    else:
        st.markdown(plain(why) if why else "Not a single step was trained, so there is no checkpoint.")


def _training(record: Record) -> Record:
    return (record.get("outputs") or {}).get("training") or {}


def _losses(record: Record) -> list[list[float]]:
    """Step and loss, where the loss was a number."""
    return [pair for pair in _training(record).get("losses") or [] if pair[1] is not None]


def _variants(record: Record) -> list[Record]:
    return (record.get("outputs") or {}).get("variants") or []


def _over_inference(record: Record) -> float | None:
    held: dict[str, Any] = {each["name"]: each.get("total_bytes") for each in _variants(record)}
    return float(held["training"] / held["inference"]) if {"training", "inference"} <= set(held) else None


def _mib(size: int) -> str:
    return f"{significant(size / MIB, 3)} MiB"


WORDS = {
    "network": ("Network", "How large, and of which pictures. All begin with random weights."),
    "steps": (
        "Steps",
        "How many in all. The learning rate falls towards the last one; a run that goes on counts from the beginning.",
    ),
    "time_limit_s": ("Time limit in seconds", "Of the training itself. What was trained until then is kept."),
    "batch": ("Batch", "Pictures that one step learns from."),
    "learning_rate": ("Learning rate", "How far a step moves the weights, at its highest."),
    "warm_up": ("Warm-up", "Steps in which the learning rate rises from nothing."),
    "accumulate": (
        "Parts of a batch",
        "Gradients of so many parts are added up before the weights are moved: less memory at once, the same step.",
    ),
    "mixed_precision": ("Mixed precision", "Multiply in bfloat16; weights and sums stay in float32."),
    "checkpointing": (
        "Gradient checkpointing",
        "Throw most activations away and compute them a second time when the gradients need them.",
    ),
    "compare": ("Compare", "What is measured after the training, a few steps each."),
    "go_on_from": ("Go on from", "An earlier run of yours, whose network is trained on."),
}
NETWORKS = {
    "small": "Small: 0.63 million weights, 16 x 16 pixels",
    "medium": "Medium: 2.5 million weights, 32 x 32 pixels",
    "paper": "The paper's: 35.7 million weights, 32 x 32 pixels",
}

LOOK = Look(
    icon=":material/fitness_center:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("network", "steps", "time_limit_s", "batch", "device"),
    question_fields=("steps",),
    counted="steps",
    followed="loss",
    libraries=("torch", "diffusers"),
    words=WORDS,
    titles={"network": NETWORKS, "compare": {str(name): title for name, title in SWITCHES.items()}},
    height_px=900,
)
