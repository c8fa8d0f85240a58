"""The memory savers' result: what each needs, what it costs in time and in the picture, and the largest that fits."""

from collections.abc import Iterable, Sequence

import streamlit as st

from core.labs.memory_savers.settings import BASELINE, TITLES
from core.models.catalog import CATALOG
from core.runs.records import Record, variants
from core.units import GIB, gib, seconds, significant
from ui.charts import Bar, bars, time_bars
from ui.enlarged import enlarged, size_note
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.plain import plain
from ui.results.readings import METERS, peak_figure
from ui.runs import ShownRun

MIB = 2**20
WIDE = 2.0
"""Room for bytes and a ratio behind the longest bar."""
ROUNDING = 0.01
"""Pictures nearer than this, of 255, differ in the last digit of a few pixels."""
BEYOND = (
    "They are larger than what the model was trained to draw, so it repeats itself in them; the lab needs their size, "
    "so that the memory shows."
)
NEEDED = (
    "From the memory before the load to the highest reading while it drew, weights included: {meter}. Beside it the "
    "time, as a multiple of the plain program's."
)


def _sentence(run: ShownRun) -> str:
    """What the best single saver did, and what it cost."""
    measured = _measured(run)
    plain_one = _of(measured, BASELINE)
    single = [each for each in measured if each["name"] not in (BASELINE, "together")]
    if plain_one is None:
        full = any(each.get("is_full") for each in variants(run.record) if each["name"] == BASELINE)
        return "Without a saver the picture did not fit into the memory." if full else ""
    best = min(single, key=lambda each: each["memory"]["needed_bytes"], default=None)
    before = plain_one["memory"]["needed_bytes"]
    if best is None or best["memory"]["needed_bytes"] >= before:
        return "No saver took less memory here." if best else ""
    share = best["memory"]["needed_bytes"] / before
    title = best["title"][0].upper() + best["title"][1:]
    took = f"{title} needed {share:.0%} of the memory in {significant(best['time_ratio'], 2)} times the time"
    return f"{took}, {_picture(best['pixel_distance'])}."


def _picture(moved: float) -> str:
    """What a saver did to the picture."""
    if moved == 0:
        return "for the same picture"
    return (
        "for the same picture up to rounding"
        if moved < ROUNDING
        else f"and moved the picture by {significant(moved, 2)} of 255"
    )


def _figures(run: ShownRun) -> list[Figure]:
    measured = _measured(run)
    first = _of(measured, BASELINE)
    least = min(measured, key=lambda each: each["memory"]["needed_bytes"], default=None)
    slowest = max(measured, key=lambda each: each["time_ratio"] or 0, default=None)
    return [
        Figure(
            "Without a saver",
            gib(first["memory"]["needed_bytes"]) if first else None,
            "Weights and everything else.",
        ),
        Figure(
            "The least",
            gib(least["memory"]["needed_bytes"]) if least else None,
            f"With {least['title']}." if least else None,
        ),
        Figure(
            "The slowest took",
            f"{significant(slowest['time_ratio'], 2)}×" if slowest and slowest["time_ratio"] else None,
            f"The time of the plain program, with {slowest['title']}." if slowest else None,
        ),
        peak_figure(run.record),
    ]


def _main(run: ShownRun, key: str) -> None:
    measured, everything = _measured(run), variants(run.record)
    if measured:
        _needs(measured, key)
    _largest(everything, run.record, key)
    for each in everything:
        if each.get("is_full"):
            st.caption(f":material/memory_alt: **{plain(each['title'])}** did not fit. {plain(each['reason'])}")


def _needs(measured: Sequence[Record], key: str) -> None:
    unit, of_one = _unit(each["memory"]["needed_bytes"] for each in measured)
    needs = [each["memory"]["needed_bytes"] / of_one for each in measured]
    rows = [
        Bar(
            each["title"],
            value,
            _beside(each, f"{significant(value)} {unit}"),
            "quiet" if each["name"] == BASELINE else "measured",
        )
        for each, value in zip(measured, needs, strict=True)
    ]
    title = "What each needed, and how long it took"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, unit, alt, f"{key}_needs", room=WIDE)
    meter = measured[0]["memory"]["meter"]
    st.caption(NEEDED.format(meter=f"{METERS[meter]} ({meter})"))


def _unit(sizes: Iterable[int]) -> tuple[str, int]:
    """In which bars of these sizes are told, and how many bytes one of it is: a twin's are small."""
    return ("GiB", GIB) if max(sizes) >= GIB / 2 else ("MiB", MIB)


def _beside(each: Record, needed: str) -> str:
    """The value at the end of a bar, with the time as a multiple of the plain program's."""
    return needed if not each["time_ratio"] else f"{needed} · {significant(each['time_ratio'], 2)}×"


def _largest(everything: Sequence[Record], record: Record, key: str) -> None:
    """The largest picture of each under the limit that was asked for."""
    searched = [each for each in everything if "largest_side" in each]
    if not searched:
        return
    rows = [Bar(each["title"], each["largest_side"] or 0, _side(each)) for each in searched]
    limit = gib(round(record["settings"]["memory_limit_gib"] * GIB))
    title = f"The largest picture within {limit}"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "pixels, height and width", alt, f"{key}_largest", room=WIDE)
    st.caption(
        "One picture of one step, in a process of its own. It fits where its highest reading, less what the libraries "
        "take, is within the limit; the next larger one that was tried was not."
    )


def _side(each: Record) -> str:
    return f"{each['largest_side']} × {each['largest_side']}" if each["largest_side"] else "none"


def _tabs(run: ShownRun) -> dict[str, Draw]:
    return {"Pictures": _pictures, "Time": _times, "Weights": _weights, "Not here": _missing}


def _pictures(run: ShownRun, key: str) -> None:
    made = [picture for picture in run.pictures if picture.role == "picture"]
    with st.grid(min(len(made), 4) or 1, min_column_width=150):
        for picture in made:
            caption = picture.details["title"] + _apart(picture.details)
            st.image(enlarged(picture.png), caption=caption, alt=f"Picture, {caption}")
    if made:
        size_note(made[0].png, "Each picture has")
    if made and _is_beyond_its_size(run.record):
        st.caption(BEYOND)


def _is_beyond_its_size(record: Record) -> bool:
    """Whether the pictures are larger than the weights were trained for."""
    model, settings = CATALOG[record["model"]["id"]], record["settings"]
    own = model.twin_size if settings["source"] == "embedded" else model.native_size
    return own is not None and settings["side"] > own


def _apart(details: Record) -> str:
    """How far a picture is from the plain program's, where there is one and it is another."""
    distance = details["pixel_distance"]
    if distance is None or details["variant"] == BASELINE:
        return ""
    return ", the same" if distance < ROUNDING else f", {significant(distance, 2)} of 255 away"


def _times(run: ShownRun, key: str) -> None:
    measured = _measured(run)
    time_bars(
        "Time of one call, median of the warm ones", [(e["title"], e["wall_s"]) for e in measured], f"{key}_times"
    )
    told = ", ".join(f"{each['title']} {seconds(each['load_s'])}" for each in measured)
    st.caption(plain(f"Loading took: {told}."))


def _weights(run: ShownRun, key: str) -> None:
    measured = _measured(run)
    if not measured:
        return
    unit, of_one = _unit(each["weights_bytes"] for each in measured)
    rows = [
        Bar(each["title"], value := each["weights_bytes"] / of_one, f"{significant(value)} {unit}") for each in measured
    ]
    alt = "Weights: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars("The weights alone, as stored", rows, unit, alt, f"{key}_weights", room=WIDE)


def _missing(run: ShownRun, key: str) -> None:
    left = [each for each in variants(run.record) if not each["is_available"] and not each.get("is_full")]
    for each in left:
        st.markdown(f":material/block: **{plain(each['title'])}** was not measured. {plain(each['reason'])}")
    if not left:
        st.caption("Everything that was chosen was measured.")


def _measured(run: ShownRun) -> list[Record]:
    return [e for e in variants(run.record) if e["is_available"] and e["memory"]["needed_bytes"] is not None]


def _of(measured: Sequence[Record], name: str) -> Record | None:
    return next((each for each in measured if each["name"] == name), None)


def _compared(record: Record) -> str:
    return f"{len(found)} ways" if (found := variants(record)) else ""


WORDS = {
    "savers": ("Savers", "What is compared with the plain program. Left empty, that one alone is measured."),
    "pictures": ("Pictures at once", "How many are drawn in one call: `num_images_per_prompt`."),
    "side": ("Size in pixels", "Height and width of a picture."),
    "memory_limit_gib": (
        "Memory limit in GiB",
        "Finds the largest picture that fits into so much memory, beside what the libraries take: plays a smaller "
        "machine.",
    ),
}
OPTIONS = {"savers": {str(name): title for name, title in TITLES.items()}}
"""What the settings of this lab alone are called, and what they are chosen from."""

LOOK = Look(
    icon=":material/inventory_2:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("savers", "memory_limit_gib"),
    question_fields=(),
    counted="steps",
    libraries=("torch", "diffusers", "torchao"),
    precision=_compared,
    words=WORDS,
    titles=OPTIONS,
)
