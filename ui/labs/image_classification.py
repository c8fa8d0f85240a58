"""The classification lab's result: the picture on its way, its names, what the switches did, growing batches."""

from statistics import median

import streamlit as st

from core.runs.records import Record, batch_times
from core.units import count, seconds, significant
from ui.charts import Bar, bars
from ui.enlarged import enlarged
from ui.figures import Figure
from ui.labs.classification_switches import switches
from ui.labs.look import Draw, Look
from ui.plain import plain
from ui.results.readings import peak_figure
from ui.runs import ShownRun

SWITCHES = ("normalise", "eval_mode", "inference_mode")
"""Settings that a student turns off to see what happens."""
FEW_RISES = 1.15
"""Below this ratio throughput is said to have hardly risen."""


def _sentence(run: ShownRun) -> str:
    passes, top = batch_times(run.record), (run.record.get("outputs") or {}).get("top") or []
    told = f"The network says {top[0]['category']}, {percent(top[0]['probability'])} sure." if top else ""
    if passes:
        smallest = min(passes)
        what = "One picture" if smallest == 1 else f"A batch of {smallest}"
        told += f" {what} takes {seconds(median(passes[smallest]))}."
    return told.strip()


def _figures(run: ShownRun) -> list[Figure]:
    passes = batch_times(run.record)
    rates = _rates(passes)
    smallest, best = min(passes, default=None), max(rates, key=lambda size: rates[size], default=None)
    return [
        Figure(
            "One picture" if smallest == 1 else f"Batch of {smallest}",
            None if smallest is None else seconds(median(passes[smallest])),
            "Median of the warm passes.",
        ),
        Figure(
            "Pictures per second",
            None if best is None else significant(rates[best]),
            f"The most, in batches of {best}.",
        ),
        Figure("Parameters", _parameters(run.record), _layers(run.record.get("outputs") or {})),
        peak_figure(run.record),
    ]


def _rates(passes: dict[int, list[float]]) -> dict[int, float]:
    return {size: size / median(each) for size, each in passes.items()}


def _main(run: ShownRun, key: str) -> None:
    """The names; what a switch did that was off stands beside them, as the questions ask for it."""
    outputs = run.record.get("outputs") or {}
    _steps(run)
    _names(outputs, key)
    switches(run.record, key)


def _tabs(run: ShownRun) -> dict[str, Draw]:
    return {"Batch size": _by_batch, "Every pass": _every_pass}


def _by_batch(run: ShownRun, key: str) -> None:
    passes = batch_times(run.record)
    _batches(passes, _rates(passes), run.record.get("limit"), key)


def _every_pass(run: ShownRun, key: str) -> None:
    if layers := _layers(run.record.get("outputs") or {}):
        st.caption(f"Layers: {layers}.")
    _passes(run.record)


def _steps(run: ShownRun) -> None:
    """The picture after each step of the preparation, beside each other."""
    made = {picture.role: picture for picture in run.pictures}
    if "input" not in made:
        return
    given = made["input"].details
    sizes = {role: f"{picture.details['width']} x {picture.details['height']}" for role, picture in made.items()}
    is_normalised = "mean" in given
    titles = {
        "original": f"The picture: {sizes['original']} pixels",
        "resized": f"Shorter side resized: {sizes['resized']}",
        "cropped": f"Middle cut out: {sizes['cropped']}",
        "input": f"{'Normalised' if is_normalised else 'Not normalised'}: {significant(given['low'])} to "
        f"{significant(given['high'])}, mean {significant(given['average'])}",
    }
    st.markdown("**What the network is given**")
    with st.grid(4, min_column_width=130):
        for role, title in titles.items():
            st.image(enlarged(made[role].png), caption=title, width="stretch", alt=title)
    if is_normalised:
        st.caption("Normalised values have no colours of their own: the last picture is stretched to be seen.")


def _names(outputs: Record, key: str) -> None:
    """The likeliest categories; where a switch was off, also those that the network gives as it was trained."""
    if outputs.get("top_reason"):
        st.caption(f"No names are shown: {outputs['top_reason']}.")
        return
    as_trained = outputs.get("top_as_trained")
    _top("Top 5, as set" if as_trained else "Top 5", outputs.get("top"), f"{key}_top")
    _top("Top 5, normalised and in eval mode", as_trained, f"{key}_trained")


def _top(title: str, named: list[Record] | None, key: str) -> None:
    rows = [Bar(each["category"], 100 * each["probability"], percent(each["probability"])) for each in named or []]
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "probability in percent", alt, key=key)


def percent(share: float) -> str:
    """A probability in percent; what is nearly nothing is not written as nothing."""
    return "below 0.01%" if 0 < share < 1e-4 else f"{significant(100 * share)}%"


def _batches(times: dict[int, list[float]], rates: dict[int, float], limit: Record | None, key: str) -> None:
    """Latency and throughput over the batch size, and what was seen."""
    if len(times) < 2:
        st.caption("One batch size was measured: its figures stand above.")
        return
    waits = [Bar(str(size), median(passes), seconds(median(passes))) for size, passes in times.items()]
    alt = "Time until a batch is done: " + ", ".join(f"{row.label} pictures {row.text}" for row in waits)
    bars("Time per batch, by batch size", waits, "seconds, median of the warm passes", alt, f"{key}_wait")
    flows = [Bar(str(size), rate, significant(rate)) for size, rate in rates.items()]
    alt = "Pictures per second: " + ", ".join(f"{row.text} in batches of {row.label}" for row in flows)
    most = limit["images"] / limit["value"] if limit else None
    bars("Pictures per second, by batch size", flows, "pictures per second", alt, f"{key}_flow", most)
    if limit and most:
        told = f"Dashed: the limit of this device, {significant(most)} per second."
        st.caption(plain(f"{told} A batch of {limit['images']} needs {limit['basis']}."))
    st.markdown(f":material/lightbulb: {explained(times, rates)}")
    st.caption("To compare with another device or model, run again with it and choose Compare runs.")


def explained(times: dict[int, list[float]], rates: dict[int, float]) -> str:
    """What a larger batch changed in this run, in one or two sentences."""
    small, large = min(times), max(times)
    rise, wait = rates[large] / rates[small], median(times[large]) / median(times[small])
    if rise >= FEW_RISES:
        flow = f"throughput rose {significant(rise)} times"
    elif rise > 1 / FEW_RISES:
        flow = f"throughput hardly changed ({significant(rise)} times): the small batch already kept this device busy"
    else:
        flow = f"throughput fell to {significant(rise)} of what it was"
    return (
        f"From {small} to {large} pictures at once {flow}, and each batch took {significant(wait)} times as long. "
        f"Whoever waits for one picture waits for the whole batch: {seconds(median(times[small]))} became "
        f"{seconds(median(times[large]))}."
    )


def _parameters(record: Record) -> str | None:
    model = record.get("model") or {}
    return count(model["parameters"]) if model.get("parameters") else None


def _layers(outputs: Record) -> str:
    return ", ".join(f"{number} {name}" for name, number in (outputs.get("layers") or {}).items())


def _passes(record: Record) -> None:
    """Every pass by batch size, the cold one apart."""
    lines = ["| pictures | cold | warm |", "|--:|--:|:--|"]
    warm = batch_times(record)
    for cold in (repeat for repeat in record["repeats"] if repeat.get("is_cold")):
        others = ", ".join(seconds(value) for value in warm.get(cold["images"], []))
        lines.append(f"| {cold['images']} | {seconds(cold['wall_s'])} | {others} |")
    if len(lines) > 2:
        st.markdown("\n".join(lines))


WORDS = {
    "batch_sizes": (
        "Batch sizes",
        "How many pictures go through the network at once, 1 to 64. Each size is timed; separate them by commas.",
    ),
    "normalise": (
        "Normalise",
        "Subtract the training set's mean from every colour value and divide by its standard deviation.",
    ),
    "eval_mode": (
        "Eval mode",
        "Call `model.eval()`: batch normalisation then uses what it learned, and dropout is switched off.",
    ),
    "inference_mode": ("Inference mode", "Keep nothing that only training would need."),
}
"""What the settings of this lab alone are called."""

LOOK = Look(
    icon=":material/image_search:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("model", *SWITCHES),
    question_fields=SWITCHES,
    counted="pictures",
    libraries=("torch", "torchvision"),
    height_px=1400,
    words=WORDS,
)
