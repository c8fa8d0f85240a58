"""The guidance lab's result: both predictions of a few steps, and tabs for scales, words, autoencoder and time."""

from itertools import groupby

import streamlit as st

from core.runs.records import Record
from core.store.tables import Picture
from core.units import count, seconds, significant
from ui.before_after import Side, before_after
from ui.charts import Bar, bars
from ui.enlarged import enlarged, size_note
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.plain import plain
from ui.runs import ShownRun

KINDS = {
    "noisy": "Latents",
    "unconditional": "Without prompt",
    "conditional": "With prompt",
    "difference": "Difference",
    "guided": "Scale",
}
"""The pictures of a step, in the order in which they are shown."""
MEANINGS = {0: "the prompt is left out", 1: "the prompt alone"}
SKIPPED = (
    "At 0 the formula keeps the prediction without the prompt, at 1 the one with it; above 1 it goes beyond. The stock "
    "pipeline draws the picture of scale 1 at every scale of 1 or less, because it then leaves the second evaluation "
    "out. The program here computes the formula at every scale."
)
LEGEND = (
    "A prediction is of the noise; taken away at once, it leaves what the UNet expects the finished picture to be. So "
    "each prediction is shown, and the sum of both. The difference is black where both expect the same; its largest "
    "step stands below, of 255."
)
GIVEN = {"drawn": "The run's picture", "shipped": "A picture that no model drew"}
WIDE = 1.6
"""Room for a number of operations behind the longest bar."""


def _found(run: ShownRun) -> Record:
    return (run.record.get("outputs") or {}).get("guidance") or {}


def _sentence(run: ShownRun) -> str:
    cost = _found(run).get("cost")
    if not cost:
        return ""
    took = f"which took {significant(cost['ratio'])} times as long as one"
    return f"Guidance asks the UNet for two predictions per step, {took}."


def _figures(run: ShownRun) -> list[Figure]:
    found = _found(run)
    cost, lost = found.get("cost") or {}, _lost(found)
    evaluations = f"Of {cost['evaluations']} evaluations" if cost else "Of the evaluations"
    return [
        Figure("A step with both", seconds(cost["both_s"]) if cost else None, f"{evaluations}, median of warm loops."),
        Figure("A step with one", seconds(cost["one_s"]) if cost else None, "With the prompt alone, no guidance."),
        Figure(
            "The second adds",
            f"{cost['ratio'] - 1:.0%}" if cost else None,
            "To the time of a step: the median of the pairs of loops, which were timed in turn.",
        ),
        Figure(
            "The autoencoder loses",
            f"{significant(lost)} of 255" if lost is not None else None,
            "How far the colour values of the picture move, on average, when it is encoded and decoded again.",
            (found.get("autoencoder") or {}).get("reconstructions_reason"),
        ),
    ]


def _lost(found: Record) -> float | None:
    """What the autoencoder did to the run's own picture."""
    made = (found.get("autoencoder") or {}).get("reconstructions") or []
    return next((each["mean_difference"] for each in made if each["picture"] == "drawn"), None)


def _main(run: ShownRun, key: str) -> None:
    looks = {look["evaluation"]: look for look in _found(run).get("looks") or []}
    shown = [picture for picture in run.pictures if picture.role == "look"]
    if not shown:
        _gallery(_scales(run))
        return
    scale = run.record["settings"]["guidance_scale"]
    st.markdown(f"noise = without + **{scale:g}** × (with − without). {LEGEND}")
    for evaluation, group in groupby(shown, key=lambda picture: int(picture.details["evaluation"])):
        look = looks[evaluation]
        apart = look["difference"]
        told = "" if apart is None else f": the two differ by {_percent(apart)} of the prediction"
        st.markdown(f"**Evaluation {evaluation} of {look['evaluations']}**{told}")
        _step({picture.details["kind"]: picture for picture in group}, scale)
    size_note(shown[0].png, "Each picture has")


def _step(made: dict[str, Picture], scale: float) -> None:
    with st.grid(len(KINDS), min_column_width=96):
        for kind in KINDS:
            if kind in made:
                caption = _caption(kind, made[kind], scale)
                st.image(enlarged(made[kind].png), caption=caption, width="stretch", alt=caption)


def _caption(kind: str, picture: Picture, scale: float) -> str:
    if kind == "difference":
        return f"{KINDS[kind]}, up to {picture.details['largest']}"
    return f"{KINDS[kind]} {scale:g}" if kind == "guided" else KINDS[kind]


def _tabs(run: ShownRun) -> dict[str, Draw]:
    found, tabs = _found(run), dict[str, Draw]()
    if len(_scales(run)) > 1:
        tabs |= {"Scales": _compared, "Compare": lambda run, key: before_after(_sides(run), key)}
    if found.get("attention"):
        tabs["Attention"] = _attention
    if found.get("autoencoder"):
        tabs["Autoencoder"] = _autoencoder
    if found.get("cost"):
        tabs["Time"] = _time
    return tabs


def _scales(run: ShownRun) -> list[Picture]:
    return [picture for picture in run.pictures if picture.role == "picture"]


def _sides(run: ShownRun) -> list[Side]:
    return [Side(f"scale {picture.details['guidance_scale']:g}", picture.png) for picture in _scales(run)]


def _gallery(made: list[Picture]) -> None:
    with st.grid(max(len(made), 3), min_column_width=96):
        for picture in made:
            scale = picture.details["guidance_scale"]
            caption = f"Scale {scale:g}{f': {MEANINGS[scale]}' if scale in MEANINGS else ''}"
            st.image(enlarged(picture.png), caption=caption, width="stretch", alt=f"Generated picture, {caption}")


def _compared(run: ShownRun, key: str) -> None:
    """One picture per scale, and how far each is from that of the run's own."""
    made, own = _scales(run), run.record["settings"]["guidance_scale"]
    _gallery(made)
    st.caption(SKIPPED)
    rows = [
        Bar(f"scale {p.details['guidance_scale']:g}", moved := p.details["difference_to_guided"], significant(moved))
        for p in made
        if p.details["guidance_scale"] != own
    ]
    title = f"Distance to the picture at scale {own:g}"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "average difference of the colour values, 0 to 255", alt, f"{key}_scales")


def _attention(run: ShownRun, key: str) -> None:
    """The picture and a map per word, and what went to no word."""
    found, own = _found(run)["attention"], run.record["settings"]["guidance_scale"]
    st.markdown("**Which places of the picture take from which word**")
    with st.grid(6, min_column_width=96):
        for picture in _scales(run):
            if picture.details["guidance_scale"] == own:
                st.image(enlarged(picture.png), caption="The picture", width="stretch", alt="The generated picture")
        for picture in (picture for picture in run.pictures if picture.role == "attention"):
            caption = f"{plain(picture.details['word'])}: {_percent(picture.details['share'])}"
            alt = f"Where the word {picture.details['word']} acts"
            st.image(enlarged(picture.png), caption=caption, width="stretch", alt=alt)
    rest = max(0.0, 1 - sum(word["share"] for word in found["words"]) - found["start_share"])
    st.caption(
        "Cross-attention: the queries come from the picture, keys and values from the text. Each map is the mean over "
        f"all heads, layers and steps, from black for nothing to its own highest place. Of "
        f"the attention {_percent(found['start_share'])} went to the mark that begins every text, {_percent(rest)} to "
        "punctuation and to the empty places behind the prompt."
    )


def _percent(share: float) -> str:
    return f"{significant(100 * share, 2)}%"


def _autoencoder(run: ShownRun, key: str) -> None:
    """Numbers and operations that it saves, and what it loses."""
    found = _found(run)["autoencoder"]
    latents, picture = found["latent_numbers"], found["picture_numbers"]
    sizes = (" × ".join(map(str, found[f"{what}_shape"])) for what in ("latent", "picture"))
    st.markdown(
        "| | channels × height × width | numbers |\n|:--|:--|--:|\n"
        f"| latents | {next(sizes)} | {count(latents)} |\n| picture | {next(sizes)} | {count(picture)} |"
    )
    st.markdown(f"The UNet works on {significant(picture / latents)} times fewer numbers.")
    _operations(found, key)
    _lost_pictures(run, found)


def _operations(found: Record, key: str) -> None:
    named = {
        "UNet, latents": found["unet_flops"],
        "UNet, pixels": found["unet_flops_on_pixels"],
        "decoder, once": found["decoder_flops"],
    }
    rows = [Bar(label, value / 1e9, f"{significant(value / 1e9)} billion") for label, value in named.items()]
    saved = significant(found["unet_flops_on_pixels"] / found["unet_flops"])
    title = f"Operations: {saved} times fewer per prediction on latents"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "billion operations", alt, f"{key}_operations", room=WIDE)
    st.caption(f"Counted: {found['counted']}. The decoder runs once per picture, the UNet in every step.")


def _lost_pictures(run: ShownRun, found: Record) -> None:
    if not found["reconstructions"]:
        st.caption(f"What it loses is not shown: {found['reconstructions_reason']}.")
        return
    st.markdown("**What it loses: encoded and decoded again, without any diffusion**")
    made = {(picture.role, picture.details.get("picture")): picture for picture in run.pictures}
    with st.grid(4, min_column_width=130):
        for each in found["reconstructions"]:
            before, after = (made[f"{when}_autoencoder", each["picture"]] for when in ("before", "after"))
            moved = f"Again: {significant(each['mean_difference'])} of 255 away on average"
            told = moved + (f", {significant(each['psnr_db'])} dB" if each["psnr_db"] is not None else "")
            st.image(enlarged(before.png), caption=GIVEN[each["picture"]], width="stretch", alt=GIVEN[each["picture"]])
            st.image(enlarged(after.png), caption=told, width="stretch", alt=told)
    st.caption("dB: the peak signal-to-noise ratio. The higher, the less was lost; 20 dB more is a tenth of the error.")


def _time(run: ShownRun, key: str) -> None:
    """Every loop, both predictions beside one."""
    names = {2: "both", 1: "one"}
    loops = sorted(run.record["repeats"], key=lambda repeat: -repeat["settings"]["predictions"])
    rows = [
        Bar(
            f"{names[loop['settings']['predictions']]}, {loop['index'] // 2 + 1}{' cold' if loop['is_first'] else ''}",
            loop["seconds_per_evaluation"],
            seconds(loop["seconds_per_evaluation"]),
            "quiet" if loop["is_first"] else "measured",
            loop["is_first"],
        )
        for loop in loops
    ]
    title = "Time of a step, with both predictions and with one"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    bars(title, rows, "seconds per evaluation of the UNet", alt, f"{key}_loops")
    st.caption(
        "The mean of each loop, without decoding. Both predictions are one call with two inputs: twice the arithmetic, "
        "but the weights are read once. Nothing was looked at in these loops; pictures and attention come from further "
        "ones with the same seed."
    )


WORDS = {
    "guidance_scale": (
        "Guidance scale",
        "How many times the difference of the two predictions is added to the one without the prompt, 0 to 200.",
    ),
    "scales": ("Scales to compare", "One picture is drawn with each, from the same noise; separate them by commas."),
    "looks": (
        "Steps to look at",
        "At how many steps both predictions are shown, 0 to 8. With 0 the attention is left out as well.",
    ),
    "side": ("Size in pixels", "Height and width, a multiple of 64. Left empty, it follows from weights and device."),
}
"""What the settings of this lab alone are called."""

LOOK = Look(
    icon=":material/call_split:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("prompt", "guidance_scale"),
    question_fields=("prompt",),
    counted="evaluations",
    height_px=1400,
    words=WORDS,
    draws=True,
)
