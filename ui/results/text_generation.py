"""The text lab's result."""

import streamlit as st

from core.labs.records import Record, fastest
from core.store.tables import Run
from core.units import count, gb, seconds, significant
from ui.charts import Bar, bars
from ui.dot_charts import repeat_dots, told_values
from ui.figures import Figure, figures
from ui.plain import plain
from ui.results.readings import memory_chart, peak_figure, stage_chart, written


def view(run: Run, key: str) -> None:
    record = run.record
    best, model = fastest(record), record.get("model") or {}
    is_twin = model.get("source") == "embedded"
    if is_twin:
        # Its story is what it is there for; of the other models the figures are.
        _text(record)
    figures(
        [
            Figure(
                "Fastest repeat",
                written(best, "wall_s", seconds),
                "From the prompt to the last token, by the clock on the wall.",
            ),
            Figure(
                "Writing speed", written(best, "tokens_per_s", per_second), "New tokens per second, after the first."
            ),
            Figure(
                "Time to first token",
                written(best, "time_to_first_token_s", seconds),
                "Reading the prompt and writing one token.",
            ),
            peak_figure(record),
        ]
    )
    repeats = record["repeats"]
    tokens = repeats[0].get("tokens") if repeats else None
    title = f"Time of each repeat, {tokens} tokens" if tokens else "Time of each repeat"
    repeat_dots(title, [repeat["wall_s"] for repeat in repeats], key=f"{key}_times")
    _tokens(repeats)
    _rates(record, key)
    memory_chart(record, key)
    if not is_twin:
        _explain(record, model, best.get("tokens_per_s"))
        _text(record)
    with st.expander("Stages", icon=":material/timeline:"):
        stage_chart(record, key)


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


def _text(record: Record) -> None:
    outputs = record.get("outputs") or {}
    if outputs.get("text"):
        with st.expander("The text", icon=":material/notes:", expanded=True):
            st.text(outputs["text"])
    elif outputs.get("text_reason"):
        reason = str(outputs["text_reason"])
        st.caption(f"No text is shown: {reason}.")
