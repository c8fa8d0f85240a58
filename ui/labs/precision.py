"""The precision lab's result: bytes from float32 down, speed, distance from float32, and where each precision runs."""

from collections.abc import Sequence

import streamlit as st

from core.labs.precision.settings import BASELINE, VARIANTS, Precision
from core.runs.records import Record, main_meter, variants
from core.units import gib, seconds, significant
from ui.charts import Bar, bars, memory_bars, waterfall
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.plain import plain
from ui.results.readings import METERS, peak_figure
from ui.runs import ShownRun

STEPS: tuple[tuple[Precision, ...], ...] = (
    (BASELINE,),
    ("bfloat16", "float16"),
    ("int8_bitsandbytes", "int8_torchao_compiled"),
    ("nf4_bitsandbytes",),
)
"""One switch at a time; of each step the first that was measured is drawn."""
BRACKETS = (
    "In brackets: the share of what this memory allows for the bytes of that precision, measured around its repeats."
)
NO_SHARE = "Without brackets: {reason}."
KL = (
    "Kullback-Leibler divergence of the next token's probabilities, mean of {positions} positions. The table says at "
    "how many of them the likeliest token is the same."
)
TOO_FEW = "One warm repeat of each is too few to say which one is faster: run it with 3 repeats or more."
MAPPED = (
    "process_rss also counts the file of the weights while a tensor in it is in use; the system can take that part "
    "back."
)


def _sentence(run: ShownRun) -> str:
    measured = _measured(run)
    first = next((each for each in measured if each["name"] == BASELINE), None)
    smallest = min(measured, key=lambda each: each["weights_bytes"], default=None)
    if first is None or smallest is None or smallest is first:
        return ""
    share = smallest["weights_bytes"] / first["weights_bytes"]
    return f"In {smallest['title']} the weights take {share:.0%} of the bytes of {first['title']}."


def _main(run: ShownRun, key: str) -> None:
    waterfall("What each step saves", _levels(_measured(run)), "left", f"{key}_bytes")


def _tabs(run: ShownRun) -> dict[str, Draw]:
    return {"Speed": _speed, "Output": _output, "Where it runs": _where, "Memory": _memory}


def _speed(run: ShownRun, key: str) -> None:
    measured = _measured(run)
    _rates(measured, key)
    if told := _told(measured):
        st.markdown(f":material/lightbulb: {told}")


def _output(run: ShownRun, key: str) -> None:
    _distances(_measured(run), key)
    _texts(run.record)


def _measured(run: ShownRun) -> list[Record]:
    return [each for each in variants(run.record) if each["is_available"]]


def _figures(run: ShownRun) -> list[Figure]:
    items, measured = [], _measured(run)
    if measured:
        smallest = min(measured, key=lambda each: each["weights_bytes"])
        fastest = max(measured, key=lambda each: each["tokens_per_s"])
        furthest = max(measured, key=lambda each: each["kl_nats"] or 0)
        items = [
            Figure("Smallest", gib(smallest["weights_bytes"]), f"{smallest['title']}: its weights as stored."),
            Figure("Fastest", f"{significant(fastest['tokens_per_s'])} tok/s", f"{fastest['title']}."),
            Figure(
                "Furthest from float32", f"{_nats(furthest)} nats", f"{furthest['title']}, from float32's predictions."
            ),
        ]
    return [*items, peak_figure(run.record)]


def _levels(measured: Sequence[Record]) -> list[tuple[str, float]]:
    found = {each["name"]: each for each in measured}
    taken = [next((found[name] for name in step if name in found), None) for step in STEPS]
    return [(each["title"], each["weights_bytes"]) for each in taken if each]


def _rates(measured: Sequence[Record], key: str) -> None:
    rows = [Bar(each["title"], each["tokens_per_s"], _rate(each)) for each in measured]
    title = "How fast each one writes, median of the warm repeats"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text} tokens per second" for row in rows)
    bars(title, rows, "tokens per second", alt, f"{key}_rates")
    reason = next((each["limit_tokens_per_s_reason"] for each in measured if each["share_of_limit"] is None), None)
    has_share = any(each["share_of_limit"] is not None for each in measured)
    notes = [BRACKETS] * has_share + ([NO_SHARE.format(reason=reason)] if reason and has_share else [])
    if notes:
        st.caption(plain(" ".join(notes)))


def _rate(variant: Record) -> str:
    share = variant["share_of_limit"]
    return significant(variant["tokens_per_s"]) + ("" if share is None else f" ({share:.0%})")


def _told(measured: Sequence[Record]) -> str:
    """What this run measured of bytes and speed, beside float32; empty where there is nothing to compare."""
    reference = next((each for each in measured if each["name"] == BASELINE), None)
    others = [each for each in measured if each["name"] != BASELINE]
    if reference is None or not others:
        return ""
    smallest = min(others, key=lambda each: each["weights_bytes"])
    share = smallest["weights_bytes"] / reference["weights_bytes"]
    kept = smallest["embedding_bytes"] / smallest["weights_bytes"]
    size = (
        f"{smallest['title']} takes {share:.0%} of the bytes of float32, and {kept:.0%} of these are the embedding, "
        "which keeps half precision."
    )
    low, high = reference["tokens_per_s_range"]
    if low == high:
        return f"{TOO_FEW} {size if _is_quantized(smallest) else ''}"
    speeds = "; ".join(f"{each['title']} {_beside(each, reference)}" for each in others)
    return f"Beside float32 in this run: {speeds}. {size if _is_quantized(smallest) else ''}"


def _beside(variant: Record, reference: Record) -> str:
    """Faster or slower only where the warm repeats of both do not overlap."""
    (low, high), (reference_low, reference_high) = variant["tokens_per_s_range"], reference["tokens_per_s_range"]
    ratio = variant["tokens_per_s"] / reference["tokens_per_s"]
    if low > reference_high:
        return f"wrote {significant(ratio, 2)} times as many tokens per second"
    if high < reference_low:
        return f"needed {significant(1 / ratio, 2)} times as long per token"
    return "was as fast, within the spread of the repeats"


def _is_quantized(variant: Record) -> bool:
    return str(variant["name"]).startswith(("int8", "nf4"))


def _distances(measured: Sequence[Record], key: str) -> None:
    rows = [Bar(each["title"], each["kl_nats"], _distance(each)) for each in measured if each["kl_nats"] is not None]
    title = "How far the predictions are from float32"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "nats per position", alt, f"{key}_distances")
    if rows:
        st.caption(KL.format(positions=measured[0]["positions"]))
    for each in measured:
        if each["kl_nats"] is None:
            st.caption(plain(f"{each['title']}: {each['kl_nats_reason']}."))


def _distance(variant: Record) -> str:
    return _nats(variant) if variant["kl_nats"] else "identical"


def _nats(variant: Record) -> str:
    return significant(variant["kl_nats"], 2) if variant["kl_nats"] else "0"


def _where(run: ShownRun, key: str) -> None:
    everything = variants(run.record)
    if not everything:
        return
    lines = ["| precision | here, and where it runs |", "|:--|:--|"]
    lines += [f"| {each['title']} | {_here(each)} {_runs_on(each)} |" for each in everything]
    st.markdown("\n".join(lines))


def _runs_on(variant: Record) -> str:
    known = VARIANTS.get(variant["name"])
    return f"Runs on: {known.runs_on}" if known else ""


def _here(variant: Record) -> str:
    if not variant["is_available"]:
        return f"**Not available here**: {plain(variant['reason'])}."
    compiled = f", compiled in {seconds(variant['compile_s'])}" if variant["compile_s"] else ""
    share = variant["same_top_share"]
    same = "" if share is None or variant["name"] == BASELINE else f", same likeliest token at {share:.0%}"
    return f"{gib(variant['weights_bytes'])}, loaded in {seconds(variant['load_s'])}{compiled}{same}."


def _texts(record: Record) -> None:
    texts = [(each["settings"]["precision"], each["text"]) for each in record["repeats"] if each.get("text")]
    if texts:
        with st.expander("The text of each precision", icon=":material/notes:"):
            for name, text in texts:
                st.caption(VARIANTS[name].title if name in VARIANTS else name)
                st.text(text)
    elif reason := (record.get("outputs") or {}).get("text_reason"):
        st.caption(f"No text is shown: {reason}.")


def _memory(run: ShownRun, key: str) -> None:
    record, measured = run.record, _measured(run)
    name = f"{main_meter(record)}_bytes"
    grown = [
        (each["title"], max(after - before, 0))
        for each in measured
        if (before := each["memory"]["before"].get(name)) is not None
        and (after := each["memory"]["after_run"].get(name)) is not None
    ]
    memory_bars(
        f"Memory that each precision added: {METERS[main_meter(record)]} ({main_meter(record)})", grown, f"{key}_memory"
    )
    if record["device"]["type"] == "cpu" and grown:
        st.caption(MAPPED)


def _compared(record: Record) -> str:
    found = variants(record)
    return f"{len(found)} precisions" if found else ""


WORDS = {
    "precisions": (
        "Precisions",
        "float32 is always measured, as the others are compared with it. Compiling takes minutes on a CPU.",
    ),
}
OPTIONS = {"precisions": {str(name): known.title for name, known in VARIANTS.items()}}
"""What the settings of this lab alone are called, and what they are chosen from."""

LOOK = Look(
    icon=":material/compress:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("model", "prompt", "precisions"),
    counted="tokens",
    libraries=("torch", "transformers", "bitsandbytes", "torchao"),
    precision=_compared,
    words=WORDS,
    titles=OPTIONS,
)
