"""The optimisation lab's result: every variant beside eager and beside what the machine allows."""

from typing import Any

import streamlit as st

from core.labs.optimisation.settings import TITLES
from core.runs.records import Record, variants
from core.store.tables import Picture
from core.units import gib, seconds, significant
from ui.charts import Bar, bars, memory_bars, time_bars
from ui.enlarged import enlarged, size_note
from ui.figures import Figure, figures
from ui.labs.look import Draw, Look
from ui.plain import plain
from ui.results.readings import METER_HELP, METERS
from ui.runs import ShownRun

Entry = dict[str, Any]
NO_GAIN = "It was not faster than eager in this run, so compiling did not pay."
WIDE = 1.5
"""Room for a value and a ratio behind the longest bar."""
MEMORY_HELP = (
    "The weights and what the variant needed besides while it ran. llama.cpp has a process of its own, and all of it "
    "counts."
)
OTHER_METER = (
    "{title} runs in a process of its own, which {meter} does not see: the GPU memory in use (device_used) grew by "
    "{size}, with the CUDA context of that process."
)


def _figures(run: ShownRun) -> list[Figure]:
    measured = _measured(run)
    if not measured:
        return []
    best, first, is_text = _best(measured), measured[0], _is_text(measured)
    share = best.get("share_of_limit")
    return [
        Figure("eager", _speed(first, is_text), "Median of the warm repeats: what the others are compared with."),
        Figure(best["title"], _speed(best, is_text), "The fastest variant, median of its warm repeats."),
        Figure("Speed-up", times(best["speedup"]), "How many times as fast as eager in the same run."),
        Figure(
            "Share of the limit",
            None if share is None else f"{share:.0%}",
            "The limit was measured around this variant, for text also between its passes.",
            best.get("limit_reason"),
        ),
    ]


def _main(run: ShownRun, key: str) -> None:
    measured = _measured(run)
    if not measured:
        st.caption("No variant was finished.")
    elif _is_text(measured):
        _speeds(measured, run.record, key)
    else:
        _times(measured, key)
    _missing(variants(run.record))


def _tabs(run: ShownRun) -> dict[str, Draw]:
    measured = _measured(run)
    if not measured:
        return {}
    is_text = _is_text(measured)
    output: dict[str, Draw] = {"Output": lambda run, key: _outputs(measured, run, is_text)}
    compiling: dict[str, Draw] = {"Compiling": lambda run, key: _compiling(measured, is_text)}
    return {
        **({} if is_text else output),
        "Limit": lambda run, key: _shares(measured, key),
        **(compiling if any(entry["compile_s"] is not None for entry in measured) else {}),
        **(output if is_text else {}),
        "Memory": lambda run, key: _memory(measured, key),
    }


def _measured(run: ShownRun) -> list[Entry]:
    return [entry for entry in variants(run.record) if entry["is_available"] and entry.get("speedup")]


def _is_text(measured: list[Entry]) -> bool:
    return "tokens_per_s" in measured[0]


def _speed(entry: Entry, is_text: bool) -> str:
    return f"{significant(entry['tokens_per_s'])} tok/s" if is_text else seconds(entry["wall_s"])


def _best(measured: list[Entry]) -> Entry:
    return max(measured, key=lambda entry: entry["speedup"])


def times(ratio: float) -> str:
    """A ratio, as `3.02×`."""
    return f"{significant(ratio)}×"


def _speeds(measured: list[Entry], record: Record, key: str) -> None:
    limit = record.get("limit")
    rows = [
        Bar(e["title"], e["tokens_per_s"], _beside(significant(e["tokens_per_s"]), e), _meaning(e)) for e in measured
    ]
    told = _limit_sentence(limit, measured) if limit else f"No limit is drawn: {record.get('limit_reason')}."
    alt = ", ".join(f"{row.label} {row.text}" for row in rows) + f". {told}"
    bars(
        "How fast each variant wrote, and its speed-up over eager",
        rows,
        "tokens per second",
        alt,
        f"{key}_speeds",
        limit["value"] if limit else None,
        WIDE,
    )
    st.caption(plain(told))


def _limit_sentence(limit: Entry, measured: list[Entry]) -> str:
    told = f"Dashed: the limit of this memory, {significant(limit['value'])} tokens per second. {limit['basis']}."
    engine = next((entry for entry in measured if entry["name"] == "llama_cpp_q8" and entry.get("limit")), None)
    if engine is None:
        return told
    own = significant(engine["limit"]["value"])
    return f"{told} With 8-bit weights a token needs fewer bytes, so that variant's own limit is {own}."


def _times(measured: list[Entry], key: str) -> None:
    rows = [Bar(e["title"], e["wall_s"], _beside(seconds(e["wall_s"]), e), _meaning(e)) for e in measured]
    alt = ", ".join(f"{row.label} {row.text}" for row in rows)
    bars("Time per picture, and the speed-up over eager", rows, "seconds", alt, f"{key}_times", room=WIDE)
    each = [(e["title"], e["seconds_per_evaluation"]) for e in measured if e.get("seconds_per_evaluation")]
    time_bars("Time per evaluation of the UNet", each, key=f"{key}_evaluations")


def _beside(written: str, entry: Entry) -> str:
    """The value at the end of a bar, with the speed-up of all but eager."""
    return written if entry["name"] == "eager" else f"{written} · {times(entry['speedup'])}"


def _meaning(entry: Entry) -> Any:
    return "quiet" if entry["name"] == "eager" else "measured"


def _shares(measured: list[Entry], key: str) -> None:
    rows = [
        Bar(e["title"], 100 * e["share_of_limit"], f"{e['share_of_limit']:.0%}", _meaning(e))
        for e in measured
        if e.get("share_of_limit") is not None
    ]
    title = "How much of its own limit each variant reached"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "% of the limit", alt, f"{key}_shares", 100)


def _sentence(run: ShownRun) -> str:
    measured = _measured(run)
    if not measured:
        return ""
    best, first, is_text = _best(measured), measured[0], _is_text(measured)
    if best is first:
        told = f"None of the other variants was faster than eager here, which took {seconds(first['wall_s'])}."
    elif is_text:
        share = best.get("share_of_limit")
        of_limit = f", {share:.0%} of what the memory allows" if share is not None else ""
        rate, usual = significant(best["tokens_per_s"]), significant(first["tokens_per_s"])
        told = f"Fastest was {best['title']}: {rate} tokens per second{of_limit}, eager {usual}."
    else:
        now, before = seconds(best["wall_s"]), seconds(first["wall_s"])
        told = f"The largest gain came from {best['title']}: {now} per picture instead of {before}"
        if best["evaluations"] != first["evaluations"]:
            told += f", with {best['evaluations']} evaluations of the UNet instead of {first['evaluations']}"
        told += "."
    return told


def _compiling(measured: list[Entry], is_text: bool) -> None:
    """What compiling cost, apart from the speed, and when that has been saved again."""
    for entry in (entry for entry in measured if entry["compile_s"] is not None):
        saved_s, thing = saving(entry, measured[0], is_text), "token" if is_text else "picture"
        back = significant(max(1, entry["compile_s"] / saved_s)) if saved_s > 0 else None
        st.markdown(f"**What compiling cost: {plain(entry['title'])}**")
        figures(
            [
                Figure(
                    "Compiling, once", seconds(entry["compile_s"]), "The cold repeat minus the median of the warm ones."
                ),
                Figure(
                    f"Saved per {thing}", seconds(saved_s) if saved_s > 0 else None, "Compared with eager.", NO_GAIN
                ),
                Figure(
                    f"{thing.capitalize()}s until it pays",
                    back,
                    "The time of compiling divided by what is saved.",
                    NO_GAIN,
                ),
            ]
        )


def saving(entry: Entry, first: Entry, is_text: bool) -> float:
    """Seconds that a token or a picture takes less than in eager; negative where it takes more."""
    if is_text:
        return float(1 / first["tokens_per_s"] - 1 / entry["tokens_per_s"])
    return float(first["wall_s"] - entry["wall_s"])


def _memory(measured: list[Entry], key: str) -> None:
    meter = measured[0]["memory"]["meter"]
    known = [entry for entry in measured if entry["memory"]["needed_bytes"] is not None]
    rows = [(e["title"], e["memory"]["needed_bytes"]) for e in known if e["memory"]["meter"] == meter]
    memory_bars(f"Memory that each variant needed: {METERS[meter]} ({meter})", rows, key=f"{key}_memory")
    st.caption(MEMORY_HELP, help=METER_HELP)
    for entry in known:
        if entry["memory"]["meter"] != meter:
            told = {"title": entry["title"], "size": gib(entry["memory"]["needed_bytes"]), "meter": meter}
            st.caption(plain(OTHER_METER.format(**told)))


def _outputs(measured: list[Entry], run: ShownRun, is_text: bool) -> None:
    """Whether the variants did the same work."""
    if is_text:
        total = run.record["settings"]["max_new_tokens"]
        told = [
            f"{e['title']}: {'the same' if e['same_output'] else 'only the first ' + str(e['same_tokens'])}"
            for e in measured[1:]
        ]
        st.caption(plain(f"Of the {total} tokens that eager wrote, {'; '.join(told)}.") if told else "")
        return
    made = [picture for picture in run.pictures if picture.role == "picture"]
    with st.grid(min(len(made), 4) or 1, min_column_width=150):
        for picture in made:
            st.image(enlarged(picture.png), caption=_caption(picture), alt=f"Picture, {_caption(picture)}")
    if made:
        size_note(made[0].png, "Each picture has")


def _caption(picture: Picture) -> str:
    distance = picture.details.get("pixel_distance")
    if picture.details["variant"] == "eager" or distance is None:
        return str(picture.details["title"])
    apart = f"{significant(distance)} of 255 from eager's" if distance else "the same as eager's"
    return f"{picture.details['title']}, {apart}"


def _missing(everything: list[Entry]) -> None:
    for entry in everything:
        if not entry["is_available"]:
            st.caption(f":material/block: **{plain(entry['title'])}** was not measured. {plain(entry['reason'])}")


WORDS = {"variants": ("Variants", "What is compared with eager, the plain program. Left empty, everything is.")}
OPTIONS = {"variants": {str(name): title for titles in TITLES.values() for name, title in titles.items()}}
"""What the settings of this lab alone are called, and what they are chosen from."""

LOOK = Look(
    icon=":material/bolt:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("model", "variants", "prompt"),
    height_px=900,
    words=WORDS,
    titles=OPTIONS,
)
