"""The result of the lab on prompts: a picture per stage, the tokens, and how far each word moved the picture."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.runs.records import Record
from core.store.tables import Picture
from core.units import significant
from ui.before_after import Side, before_after
from ui.charts import Bar, bars, time_bars
from ui.enlarged import enlarged, size_note
from ui.figures import Figure
from ui.labs.look import Draw, Look
from ui.labs.prompt_tokens import token_view
from ui.picture_grid import TILE_PX
from ui.plain import plain
from ui.results.cost import cost
from ui.results.readings import evaluation_chart
from ui.runs import ShownRun

STAGES = {
    "subject": "Subject alone",
    "details": "Details",
    "style": "Style",
    "negative": "Negative prompt",
    "magic": "Magic words",
    "parameters": "Parameters",
}
CONTROLS = {
    "again": "the same again",
    "unread": "the part not read",
    "other_seed": "another seed",
    "nonsense": "nonsense added",
}
NO_MEANING = "The weights are random, so this number means nothing."
WORDS_TOLD = "Drawn with one word less, everything else as it was. Grey: what to compare with."
NONSENSE_TOLD = " A word that moves the picture no further than nonsense does was hardly understood."


def _found(run: ShownRun) -> Record:
    return (run.record.get("outputs") or {}).get("prompt_craft") or {}


def _sentence(run: ShownRun) -> str:
    found = _found(run)
    words = sorted(found.get("words") or [], key=lambda word: word["moved"])
    if not words:
        return ""
    most, least = words[-1], words[0]
    told = f"Without “{plain(most['word'])}” the picture moved by {significant(most['moved'])} of 255"
    if most is not least:
        told += f", without “{plain(least['word'])}” by {significant(least['moved'])}"
    seed = next((each["moved"] for each in found["controls"] if each["control"] == "other_seed"), None)
    return told + (f", with another seed by {significant(seed)}." if seed is not None else ".")


def _figures(run: ShownRun) -> list[Figure]:
    found = _found(run)
    if found.get("words"):
        return []  # the chart of the words stands in their place
    tokens = (found.get("tokens") or {}).get("prompt")
    return [
        Figure(
            "Tokens",
            f"{tokens['count']} of {tokens['limit']}" if tokens else None,
            "Of the whole prompt, with the two marks, and how many the text encoder reads.",
        ),
        _similarity_figure(run),
    ]


def _similarity_figure(run: ShownRun) -> Figure:
    made = [stage["similarity"] for stage in _found(run).get("stages") or []]
    label = "Like the prompt" if _is_judge(run) else "CLIP score"
    if _is_random(run):
        return Figure(label, None, missing=NO_MEANING)
    if not made or None in (made[0], made[-1]):
        missing = next((stage.get("similarity_reason") for stage in _found(run).get("stages") or []), None)
        return Figure(label, None, missing=missing)
    what = "How sure the judge is of what the whole prompt asks for" if _is_judge(run) else "Picture and whole prompt"
    return Figure(label, f"{_score(run, made[0])} → {_score(run, made[-1])}", f"{what}: first stage and last.")


def _is_judge(run: ShownRun) -> bool:
    return _found(run).get("eyes") == "judge"


def _is_random(run: ShownRun) -> bool:
    return bool(run.record["settings"]["source"] == "dummy")


def _score(run: ShownRun, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}%" if _is_judge(run) else f"{value:.1f}"


def _main(run: ShownRun, key: str) -> None:
    """Nothing: what answers is in the first tab, so that the page of a question stays short."""


def _pictures(run: ShownRun, key: str) -> None:
    """The stages beside each other."""
    found, made = _found(run), _made(run, "picture")
    if made:
        with st.grid(3, min_column_width=TILE_PX, gap="xsmall"):
            for number, (stage, picture) in enumerate(zip(found["stages"], made, strict=True), 1):
                alt = f"Stage {number}, {STAGES[stage['stage']]}: {stage['prompt']}"
                st.image(enlarged(picture.png), caption=_caption(run, number, stage), width="stretch", alt=alt)
        size_note(made[0].png, "Each picture has")


def _caption(run: ShownRun, number: int, stage: Record) -> str:
    told = f"{number}. {STAGES[stage['stage']]}: {_added(run.record['settings'], stage)}"
    if _is_random(run) or stage["similarity"] is None:
        return told
    return f"{told} · {_score(run, stage['similarity'])}"


def _added(settings: Record, stage: Record) -> str:
    """What a stage brought."""
    if stage["stage"] == "parameters":
        return f"{stage['num_inference_steps']} steps, guidance {stage['guidance_scale']:g}"
    name = str(stage["stage"])
    text = settings["negative_prompt" if name == "negative" else name].strip()
    return plain(text if len(text) <= 60 else f"{text[:60]}…") or "no words"


def _made(run: ShownRun, role: str) -> list[Picture]:
    return [picture for picture in run.pictures if picture.role == role]


def _tabs(run: ShownRun) -> dict[str, Draw]:
    found, tabs = _found(run), dict[str, Draw]()
    if found.get("words"):
        tabs["Words"] = _words
    elif (tokens := (found.get("tokens") or {}).get("prompt")) and tokens["count"] > tokens["limit"]:
        tabs["Tokens"] = _tokens
    if found.get("stages"):
        tabs["Pictures"] = _pictures
    if found.get("tokens"):
        tabs["Tokens"] = _tokens
    if found.get("words"):
        tabs["Without a word"] = _without
    if found.get("stages"):
        tabs["Similarity"] = _similarity
        tabs["Compare"] = lambda run, key: before_after(_sides(run), key)
        tabs["Time"] = _times
    if run.record.get("limit"):
        tabs["Limit"] = lambda run, key: evaluation_chart(run.record, key)
    if run.record.get("repeats"):
        tabs["Cost"] = lambda run, key: cost(run.record, key)
    return tabs


def _labels(words: Sequence[Record]) -> list[str]:
    """The words; one that stands twice with its place."""
    often = Counter(word["word"] for word in words)
    return [f"{word['word']} ({word['position'] + 1})" if often[word["word"]] > 1 else word["word"] for word in words]


def _words(run: ShownRun, key: str) -> None:
    """How far each word moved the picture, in pixels and where there is one in CLIP's space."""
    found = _found(run)
    labels, named = _labels(found["words"]), _named(found["controls"])
    for name, title, unit in (
        (
            "moved",
            "How far leaving out one word moved the picture",
            "difference of colours, 0 to 255",
        ),
        ("moved_in_clip", "The same in CLIP's space", "1 − cosine between the two pictures"),
    ):
        rows = [Bar(label, word[name], significant(word[name])) for label, word in _with(name, labels, found["words"])]
        rows += [
            Bar(label, c[name], significant(c[name]), "quiet") for label, c in _with(name, named, found["controls"])
        ]
        alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
        bars(title, rows, unit, alt, f"{key}_{name}")
    has_nonsense = any(each["control"] == "nonsense" for each in found["controls"])
    st.caption(WORDS_TOLD + (NONSENSE_TOLD if has_nonsense else ""))


def _named(controls: Sequence[Record]) -> list[str]:
    return [CONTROLS[each["control"]] for each in controls]


def _tokens(run: ShownRun, key: str) -> None:
    token_view(_found(run)["tokens"], run.record["settings"]["source"])


def _without(run: ShownRun, key: str) -> None:
    """The pictures that the chart of the words is about."""
    labels = [*_labels(_found(run)["words"]), *_named(_found(run)["controls"])]
    with st.grid(6, min_column_width=TILE_PX, gap="xsmall"):
        for label, picture in zip(labels, _made(run, "word") + _made(run, "control"), strict=True):
            told = plain(f"without {label}" if picture.role == "word" else label)
            st.image(enlarged(picture.png), caption=told, width="stretch", alt=f"Generated picture, {told}")


def _with(name: str, labels: Sequence[str], found: Sequence[Record]) -> list[tuple[str, Record]]:
    return [(label, each) for label, each in zip(labels, found, strict=True) if each.get(name) is not None]


def _similarity(run: ShownRun, key: str) -> None:
    """Every stage against the whole prompt, then the prompt without each word."""
    found = _found(run)
    if _is_random(run):
        st.caption(NO_MEANING)
    stages = [(STAGES[stage["stage"]], stage) for stage in found["stages"]]
    again = [("nothing", each) for each in found["controls"] if each["control"] == "again"]
    words = [*again, *zip(_labels(found["words"]), found["words"], strict=True)]
    unit = "how sure the judge is, in %" if _is_judge(run) else "CLIP score, 0 to 100"
    for title, shown in (("Picture and whole prompt, by stage", stages), ("The same, without the word", words)):
        rows = [
            Bar(name, e["similarity"], _score(run, e["similarity"])) for name, e in shown if e["similarity"] is not None
        ]
        alt = f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows)
        bars(title, rows, unit, alt, f"{key}_{title}")
    if _is_judge(run):
        _asked(found["stages"])
    else:
        st.caption(
            "100 times the cosine of the angle between picture and text in CLIP's space. Pictures that fit their text "
            "stay far below 100, too: compare scores of one text with each other. None says whether a picture is good."
        )


def _asked(stages: Sequence[Record]) -> None:
    """What the judge sees of each thing that was asked for."""
    asked: list[Record] = next((stage["asked"] for stage in stages if stage.get("asked")), [])
    if not asked:
        st.caption("The prompt asks for nothing that the judge knows: landscape, time of day, object or style.")
        return
    head = "".join(f" {' or '.join(each['wanted'])} |" for each in asked)
    lines = [f"| Stage |{head}", "|:--|" + "--:|" * len(asked)]
    for number, stage in enumerate(stages, 1):
        lines.append(f"| {number} |" + "".join(f" {each['sure']:.0%} |" for each in stage["asked"]))
    st.markdown("\n".join(lines))
    st.caption(
        "Stages are numbered as their pictures. The judge is a small network that knows four questions and no text: "
        "landscape, time of day, object, style. Its percentages are no CLIP scores."
    )


def _sides(run: ShownRun) -> list[Side]:
    found = _found(run)
    stages = zip(found["stages"], _made(run, "picture"), strict=True)
    sides = [Side(f"{number}: {STAGES[s['stage']]}", p.png) for number, (s, p) in enumerate(stages, 1)]
    words = zip(_labels(found["words"]), _made(run, "word"), strict=True)
    return sides + [Side(f"without {label}", picture.png) for label, picture in words]


def _times(run: ShownRun, key: str) -> None:
    rows = [
        (f"{at + 1}: {_drawn(repeat['settings'])}", repeat["wall_s"]) for at, repeat in enumerate(run.record["repeats"])
    ]
    time_bars("Time of each picture", rows, f"{key}_times", cold_first=True)
    st.caption("The first one is cold (hollow). A word more or less costs no time: the text always fills every place.")


def _drawn(settings: Record) -> str:
    [(kind, name)] = settings.items()
    return {"stage": STAGES, "control": CONTROLS}.get(kind, {}).get(name) or f"without {name}"


WORDS = {
    "subject": ("Subject", "The first stage: what is to be seen, and nothing else."),
    "details": ("Details", "The second stage: where, when, with what. They follow the subject."),
    "style": ("Style", "The third stage: a technique, a medium, an artist."),
    "magic": ("Magic words", "The fifth stage: what people add in the hope of a better picture."),
    "negative_prompt": (
        "Negative prompt",
        "The fourth stage: what should not be there. It takes the empty text's place in the second prediction.",
    ),
    "last_steps": ("Steps of the last stage", "Left empty, they follow from weights and device."),
    "last_guidance_scale": ("Guidance of the last stage", "The sixth stage changes steps and guidance, no word."),
    "num_inference_steps": ("Steps", "Of every stage but the last. Left empty, they follow from weights and device."),
    "guidance_scale": ("Guidance scale", "Of every stage but the last."),
    "most_words": ("Words to leave out", "At most so many, a picture each. Left empty, it follows from the device."),
    "nonsense": ("A word that means nothing", "It is added to the prompt to show what any further word does."),
    "side": ("Size in pixels", "Height and width, a multiple of 64. Left empty, it follows from weights and device."),
}
"""What the settings of this lab alone are called."""

LOOK = Look(
    icon=":material/edit_note:",
    sentence=_sentence,
    figures=_figures,
    main=_main,
    tabs=_tabs,
    open_fields=("subject", "details", "style", "negative_prompt", "magic"),
    question_fields=(),
    counted="evaluations",
    height_px=900,
    words=WORDS,
    draws=True,
)
