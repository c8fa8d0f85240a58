"""The fine-tuning lab's result: pictures before and after, what each way learnt, and what it took."""

import io

import streamlit as st
from PIL import Image

from core.labs.fine_tuning.settings import FOLLOWED, TITLES
from core.runs.records import Record
from core.store.tables import Picture
from core.units import count, gb, gib, seconds, significant
from ui.charts import Bar, bars
from ui.enlarged import enlarged, size_note
from ui.figures import Figure
from ui.labs.captioned_pictures import captioned_pictures
from ui.labs.look import Draw, Look
from ui.labs.loss_curves import fallen, losses
from ui.labs.prompt_scores import prompt_scores
from ui.plain import plain
from ui.runs import ShownRun

PARTS = {"text_encoder": "Text encoder", "unet": "UNet", "vae": "Autoencoder", "safety_checker": "Safety checker"}
HELD = ("weights", "gradients", "moments", "activations")
"""What training holds, in the order in which it comes to be."""
MEANT = {
    "weights": "Of the UNet, and of what stands beside it.",
    "gradients": "One number for each that learns.",
    "moments": "Adam's two for each that learns: a running mean of its gradient, and of its square.",
    "activations": "What the way there leaves for the way back, of one batch.",
}
PER_ROW = 8
"""Examples beside each other."""


def _sentence(run: ShownRun) -> str:
    ways = _ways(run.record)
    if not ways:
        return ""
    lora, full = ways.get("lora"), ways.get("full")
    if lora and full and lora.get("file_bytes") and full.get("file_bytes"):
        return (
            f"LoRA trained {_percent(lora['share'])} as many numbers as the UNet has and leaves a file of "
            f"{gb(lora['file_bytes'])}; training every weight leaves {gb(full['file_bytes'])}."
        )
    way = lora or full
    told = f"{count(way['parameters'])} numbers were trained in {seconds(way['training_s'])}" if way else ""
    return f"{way['title']}: {told}." if way else ""


def _figures(run: ShownRun) -> list[Figure]:
    ways = _ways(run.record)
    shown = [
        Figure(f"Loss, {way['title']}", fallen(way), "On held-out pictures, before → after.") for way in ways.values()
    ]
    steps = [
        Figure(f"Steps/s, {way['title']}", significant(way["steps_per_s"], 2), "Looks at the loss left out.")
        for way in ways.values()
    ]
    return [*shown, *steps] or [Figure("Loss on held-out pictures", None)]


def _main(run: ShownRun, key: str) -> None:
    """What was left out; all else is in the tabs, pictures first, so that the page of a question stays short."""
    for way in _found(run.record).get("ways") or []:
        if not way["is_available"]:
            st.caption(f":material/memory_alt: **{plain(way['title'])}** was left out. {plain(way['reason'])}")


def _pictures(run: ShownRun, key: str) -> None:
    """A row of pictures for each state of the weights, a column for each prompt, which stands below the last row."""
    rows = _rows(_made(run))
    for title, row in rows.items():
        with st.container(gap="xsmall"):
            st.markdown(f"**{plain(title)}**")
            _row(title, row, is_last=row is list(rows.values())[-1])
    size_note(_made(run)[0].png, "Each picture has")


def _row(title: str, row: list[Picture], is_last: bool) -> None:
    with st.grid(len(row), min_column_width=96, gap="xsmall"):
        for picture in row:
            told = plain(picture.details["caption"])
            caption = told if is_last else None
            st.image(enlarged(picture.png), caption=caption, width="stretch", alt=f"{title}: {told}")


def _made(run: ShownRun) -> list[Picture]:
    return [picture for picture in run.pictures if picture.role == "picture"]


def _rows(made: list[Picture]) -> dict[str, list[Picture]]:
    rows: dict[str, list[Picture]] = {}
    for picture in made:
        rows.setdefault(picture.details["title"], []).append(picture)
    return rows


def _tabs(run: ShownRun) -> dict[str, Draw]:
    tabs: dict[str, Draw] = {"Pictures": _pictures} if _made(run) else {}
    if _ways(run.record):
        tabs |= {"Loss": _losses, "What it takes": _takes, "Memory of training": _memory}
    if (_found(run.record).get("scores") or {}).get("states"):
        tabs["Score"] = _scores
    if _found(run.record).get("parts"):
        tabs["What learns"] = _learns
    if any(picture.role == "examples" for picture in run.pictures):
        tabs["Examples"] = _examples
    return tabs


def _losses(run: ShownRun, key: str) -> None:
    losses(run.id, _ways(run.record), _found(run.record)["held_out"], key)


def _scores(run: ShownRun, key: str) -> None:
    prompt_scores(run.id, _found(run.record)["scores"], run.pictures, key)


def _takes(run: ShownRun, key: str) -> None:
    """Numbers, bytes and time of each way."""
    rows = [
        f"| {way['title']} | {count(way['parameters'])} | {_file(way)} | {way['steps']} | {seconds(_middle(way))} |"
        for way in _ways(run.record).values()
    ]
    st.markdown("\n".join(["| | numbers that learn | file | steps | time per step |", "|:--|--:|--:|--:|--:|", *rows]))
    times = [Bar(way["title"], middle := _middle(way), seconds(middle)) for way in _ways(run.record).values()]
    title = "Time of a step, median"
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in times)
    bars(title, times, "seconds", alt, f"{key}_step")


def _file(way: Record) -> str:
    return gb(way["file_bytes"]) if way.get("file_bytes") else "not written"


def _middle(way: Record) -> float:
    ordered = sorted(way["step_s"][1:] or way["step_s"])
    return float(ordered[len(ordered) // 2])


def _memory(run: ShownRun, key: str) -> None:
    """What each way holds, as counted in its tensors, beside what was computed before."""
    for name, way in _ways(run.record).items():
        counted, computed = way["memory"]["counted"], way["memory"]["computed"]
        rows = [Bar(part, counted[part] / 2**20, gib(counted[part])) for part in HELD]
        total = sum(counted[part] for part in HELD)
        title = f"{way['title']}: {gib(total)} in the UNet's training"
        alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
        bars(title, rows, "MiB", alt, f"{key}_memory_{name}")
        told = ", ".join(f"{part} {gib(computed[part])}" for part in ("gradients", "moments"))
        grown = way["memory"]["counted"]["grown"]
        meter = (
            f" `{way['memory']['counted']['meter']}` rose by {gib(grown)} while it trained."
            if grown is not None
            else ""
        )
        st.caption(f"Computed before: {told}.{meter}")
    st.markdown("\n".join(f"- **{name.capitalize()}**: {meant}" for name, meant in MEANT.items()))


def _learns(run: ShownRun, key: str) -> None:
    ways = _ways(run.record)
    head = "".join(f" {way['title']} |" for way in ways.values())
    rows = [
        f"| {PARTS.get(part['name'], part['name'])} | {count(part['parameters'])} |"
        + "".join(f" {_how(part['name'], name, way)} |" for name, way in ways.items())
        for part in _found(run.record)["parts"]
    ]
    st.markdown("\n".join([f"| part | parameters |{head}", f"|:--|--:|{':--|' * len(ways)}", *rows]))
    st.caption(
        "Frozen parts are used and stay as they are: pictures and captions go through them once, before the first "
        "step. So nothing can be learnt that the autoencoder cannot draw."
    )


def _how(part: str, name: str, way: Record) -> str:
    if part != "unet":
        return "frozen"
    return "learns" if name == "full" else f"frozen, {count(way['parameters'])} new numbers beside it"


def _examples(run: ShownRun, key: str) -> None:
    """What was trained with and what was held out, with the captions."""
    strip = next(picture for picture in run.pictures if picture.role == "examples")
    found = _found(run.record)
    captions, split = found["captions"], len(found["captions"]) - found["held_out"]
    for title, first, last in (("Trained with", 0, split), ("Held out", split, len(captions))):
        st.markdown(f"**{title}**: {last - first}")
        st.image(_block(strip.png, first, last), width="stretch", alt=f"{title}: {last - first} pictures")
        st.caption(plain(" · ".join(captions[first:last])))


def _block(strip: bytes, first: int, last: int) -> bytes:
    """Pictures of a strip in rows."""
    with Image.open(io.BytesIO(strip)) as given:
        side = given.height
        rows = -(-(last - first) // PER_ROW)
        block = Image.new("RGBA", (PER_ROW * side, rows * side))
        for number in range(last - first):
            left = (first + number) * side
            place = (number % PER_ROW * side, number // PER_ROW * side)
            block.paste(given.crop((left, 0, left + side, side)), place)
        out = io.BytesIO()
        block.save(out, "PNG")
    return out.getvalue()


def _found(record: Record) -> Record:
    return (record.get("outputs") or {}).get("fine_tuning") or {}


def _ways(record: Record) -> dict[str, Record]:
    """What was measured, by way."""
    return {way["name"]: way for way in _found(record).get("ways") or [] if way["is_available"]}


def _percent(share: float) -> str:
    return f"{significant(100 * share, 2)}%"


WORDS = {
    "ways": ("Ways", "LoRA, training every weight of the UNet, or both one after the other."),
    "steps": ("Training steps", "Of each way. Left empty, 24 with the small twin, 100 on a GPU."),
    "time_limit_s": ("Time limit in seconds", "After so long each way ends, with the steps that it has come to."),
    "rank": ("Rank of LoRA", "Width of the small matrices beside each layer: more learn more, and take more."),
    "lora_learning_rate": (
        "Learning rate, LoRA",
        "How far a step changes the numbers. Left empty, what suits the weights.",
    ),
    "full_learning_rate": (
        "Learning rate, all weights",
        "Left empty, what suits the weights; ten times less than LoRA's.",
    ),
    "batch_size": ("Batch", "Pictures in one step."),
    "checkpointing": (
        "Gradient checkpointing",
        "Keeps fewer activations and computes the others again: slower, smaller.",
    ),
    "side": ("Size in pixels", "Height and width that pictures are trained and drawn in."),
    "clip_score": (
        "Score six prompts",
        "Draws six prompts before and after each way and says how well the pictures agree with them: by CLIP, which is "
        "loaded beside the model, or for the small twin by its judge.",
    ),
    "prompt": ("Prompt", "Drawn before and after, beside two captions that were held out."),
}
"""What the settings of this lab alone are called."""

LOOK = Look(
    icon=":material/model_training:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("ways", "prompt", "rank"),
    question_fields=(),
    counted="steps",
    followed=FOLLOWED,
    libraries=("torch", "diffusers", "peft"),
    words=WORDS,
    titles={
        "ways": {str(name): title for name, title in TITLES.items()},
        "clip_score": {"auto": "With the small twin", "yes": "Yes", "no": "No"},
    },
    draws=True,
    own_pictures=captioned_pictures,
    height_px=900,
)
