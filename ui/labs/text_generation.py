"""The text lab's result."""

import streamlit as st

from core.runs.records import Record, fastest
from core.units import count, gb, seconds, significant
from ui.charts import Bar, bars
from ui.dot_charts import repeat_dots, told_values
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.plain import plain
from ui.results.readings import peak_figure, written
from ui.runs import ShownRun

TEXT_PX = 150
LONG = 300
"""From so many characters on a text scrolls in a box."""


def _sentence(run: ShownRun) -> str:
    record, best = run.record, fastest(run.record)
    if not best.get("wall_s"):
        return ""
    of = f"The fastest of {len(record['repeats'])} took" if len(record["repeats"]) > 1 else "It took"
    rate, limit = best.get("tokens_per_s"), record.get("limit")
    speed = f": {significant(rate)} tokens per second" if rate else ""
    share = f", {rate / limit['value']:.0%} of what this memory allows" if rate and limit else ""
    return f"{of} {seconds(best['wall_s'])}{speed}{share}."


def _figures(run: ShownRun) -> list[Figure]:
    best = fastest(run.record)
    wall = "From the prompt to the last token, by the clock on the wall."
    rate = "New tokens per second, after the first."
    return [
        Figure("Fastest repeat", written(best, "wall_s", seconds), wall),
        Figure("Writing speed", written(best, "tokens_per_s", per_second), rate),
        Figure(
            "Time to first token",
            written(best, "time_to_first_token_s", seconds),
            "Reading the prompt and writing one token.",
        ),
        peak_figure(run.record),
    ]


def _main(run: ShownRun, key: str) -> None:
    """Every repeat; of a twin its story first, which is what it is there for."""
    if _is_twin(run.record):
        _text(run, key)
    repeats = run.record["repeats"]
    tokens = repeats[0].get("tokens") if repeats else None
    title = f"Time of each repeat, {tokens} tokens" if tokens else "Time of each repeat"
    repeat_dots(title, [repeat["wall_s"] for repeat in repeats], key=f"{key}_times")


def _tabs(run: ShownRun) -> dict[str, Draw]:
    text: dict[str, Draw] = {} if _is_twin(run.record) else {"Text": _text}
    return {"Speed": _speed, **text}


def _speed(run: ShownRun, key: str) -> None:
    record = run.record
    _rates(record, key)
    if not _is_twin(record):
        _explain(record, record.get("model") or {}, fastest(record).get("tokens_per_s"))
    _tokens(record["repeats"])


def _is_twin(record: Record) -> bool:
    return (record.get("model") or {}).get("source") == "embedded"


def _tokens(repeats: list[Record]) -> None:
    """What every single token of the warm repeats took."""
    gaps = [gap for repeat in repeats[1:] for gap in repeat.get("token_s") or []]
    if gaps:
        st.caption(told_values(gaps, "tokens"))


def _rates(record: Record, key: str) -> None:
    """Tokens per second of each repeat beside what the memory allows, where that was measured."""
    limit = record.get("limit")
    repeats = [repeat for repeat in record["repeats"] if repeat.get("tokens_per_s")]
    if not limit or not repeats:
        return
    rows = [_rate_bar(repeat, limit["value"]) for repeat in repeats]
    told = f"Dashed: the limit of this memory, {per_second(limit['value'])}. {limit['basis']}."
    alt = ", ".join(f"{row.label} {row.text}" for row in rows) + f". {told}"
    bars("How much of the memory's speed was used", rows, "tokens per second", alt, f"{key}_rates", limit["value"])
    st.caption(plain(told))


def _rate_bar(repeat: Record, limit: float) -> Bar:
    rate, is_cold = repeat["tokens_per_s"], repeat["is_first"]
    text = f"{significant(rate)} ({rate / limit:.0%})"
    return Bar(f"repeat {repeat['index'] + 1}", rate, text, "quiet" if is_cold else "measured", is_cold)


def _explain(record: Record, model: Record, rate: float | None) -> None:
    """How fast the weights came out of memory. A twin's stay in the processor's cache, so of it this would be wrong."""
    if not rate or not model:
        return
    text = (
        f"Every new token reads all {count(model['parameters'])} parameters: at {significant(rate)} tokens per second "
        f"they came out of memory at {gb(model['weights_bytes'] * rate)}/s"
    )
    limit = record.get("limit")
    beside = f", while plain reading reached {gb(limit['read_bytes_per_s'])}/s around this run" if limit else ""
    st.markdown(f":material/lightbulb: {text}{beside}.")


def per_second(rate: float) -> str:
    """Tokens per second."""
    return f"{significant(rate)} tok/s"


def _text(run: ShownRun, key: str) -> None:
    outputs = run.record.get("outputs") or {}
    if outputs.get("text"):
        st.container(height=TEXT_PX if len(outputs["text"]) > LONG else "content", border=True).text(outputs["text"])
    elif outputs.get("text_reason"):
        reason = str(outputs["text_reason"])
        st.caption(f"No text is shown: {reason}.")


WORDS = {
    "do_sample": (
        "Draw tokens at random",
        "Draw each token by its probability. Switched off, the likeliest one is taken.",
    ),
    "temperature": ("Temperature", "Above 1, unlikely tokens get more of a chance; below 1, less."),
}
"""What the settings of this lab alone are called."""

LOOK = Look(
    icon=":material/notes:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    counted="tokens",
    writes=True,
    words=WORDS,
)
