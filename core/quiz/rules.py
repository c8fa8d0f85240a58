"""What a well-shaped question can still have wrong: checks across fields, against the labs, and against the disk.

Each rule yields `(path inside the question, message, code)`.
"""

import math
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from core.errors import InvalidSettings
from core.measure.gpus import SIMULATED
from core.models.catalog import CATALOG
from core.quiz.bank import Bank, Choice, Key, Question
from core.quiz.document import Path
from core.quiz.predicted import predicted_errors
from core.quiz.scoring import blind_scores
from core.quiz.wording import suggestion
from core.runs.lab import Lab
from core.runs.parsing import parse_settings
from core.runs.registry import LABS
from core.runs.settings import LabSettings

Found = Iterator[tuple[Path, str, str]]
BLIND_LIMIT = 1 / 3
SAME_POSITION_FROM = 3
"""As many questions with one right option each are needed before their position says anything."""


def errors_of(question: Question, folder: FilePath) -> Found:
    """Everything wrong with one question. `folder` is where its image is looked for."""
    yield from _choices(question)
    yield from _answers(question)
    yield from _also_accepted(question)
    yield from _ranges(question)
    yield from _predictions(question)
    yield from _lab(question)
    if question.image and not (folder / question.image.src).is_file():
        yield ("image", "src"), f"there is no file {question.image.src!r} beside the bank", "missing_image"


def warnings_of(question: Question) -> Found:
    """What is doubtful about one question, without what its author acknowledged."""
    if question.explanation is None and "no_explanation" not in question.acknowledged:
        yield (), "it has no explanation", "no_explanation"
    is_whole = question.key is not None or bool(question.correct)
    if is_whole and "blind_strategy" not in question.acknowledged:
        yield from _blind(question)


def errors_of_bank(bank: Bank) -> Found:
    """What is wrong between the parts of a well-shaped bank."""
    sections = [section.id for section in bank.sections]
    for field, values in (("id", sections), ("title", [section.title for section in bank.sections])):
        for index, value in enumerate(values):
            if value in values[:index]:
                yield ("sections", index, field), f"{value!r} is already a section's {field}", "duplicate_section"
    for index, question in enumerate(bank.questions):
        if question.section is not None and question.section not in sections:
            near = suggestion(question.section, sections)
            yield (
                ("questions", index, "section"),
                f"there is no section {question.section!r}{near or '; sections are ' + ', '.join(sections)}",
                "unknown_section",
            )


def warnings_of_bank(bank: Bank) -> Found:
    """What is doubtful about the bank as a whole."""
    positions = [index for question in bank.questions if (index := _only_position(question)) is not None]
    if len(positions) >= SAME_POSITION_FROM and len(set(positions)) == 1:
        message = f"all {len(positions)} questions with one right option have it at position {positions[0] + 1}"
        yield ("questions",), message, "same_position"


def _choices(question: Question) -> Found:
    yield from _repeated("id", [choice.id for choice in question.choices])
    yield from _repeated("letter", [choice.letter for choice in question.choices])
    yield from _repeated("text", [re.sub(r"\W+", " ", choice.text).strip().lower() for choice in question.choices])
    letters = [choice.letter for choice in question.choices]
    if letters != sorted(letters):
        yield ("choices",), f"the letters are not in order: {', '.join(letters)}", "letter_order"


def _repeated(name: str, values: list[str]) -> Found:
    for index, value in enumerate(values):
        if value in values[:index]:
            first = values.index(value)
            yield ("choices", index, name), f"{value!r} is already used by choices[{first}]", f"duplicate_{name}"


def _answers(question: Question) -> Found:
    marked = [index for index, choice in enumerate(question.choices) if choice.correct is not None]
    if question.key is not None:
        for index in marked:
            yield ("choices", index, "correct"), "a question takes either a key or correct, not both", "mixed_key"
        if question.type != "single":
            yield ("type",), "a measured question has to be single", "measured_multiple"
        return
    right = len(question.correct)
    if question.type == "single" and right != 1:
        yield ("choices",), f"single needs exactly one choice with correct: true, found {right}", "right_choices"
    if question.type == "multiple" and right == 0:
        yield ("choices",), "multiple needs at least one choice with correct: true, found none", "right_choices"


def _also_accepted(question: Question) -> Found:
    ids = {choice.id for choice in question.choices}
    if question.also_accepted and (question.key is not None or question.type == "single"):
        yield ("also_accepted",), "only a multiple question with a fixed key can accept another answer", "also_accepted"
    for index, other in enumerate(question.also_accepted):
        for name in other.choices:
            if name not in ids:
                yield (
                    ("also_accepted", index),
                    f"no choice is {name!r}{suggestion(name, ids)}",
                    "unknown_choice",
                )
        if frozenset(other.choices) == question.correct:
            yield ("also_accepted", index), "this is the key itself", "also_accepted"


def _ranges(question: Question) -> Found:
    if question.key is None:
        for index, choice in enumerate(question.choices):
            if choice.range is not None:
                yield ("choices", index, "range"), "a range needs a key: there is nothing to measure", "no_key"
        return
    for index, choice in enumerate(question.choices):
        if choice.range is None:
            yield ("choices", index), "'range' is missing: the question is measured", "missing_range"
        elif not _is_ordered(choice):
            yield ("choices", index, "range"), f"{_shown(choice)} has to go from low to high", "range_order"
    for index, (before, after) in enumerate(pairwise(question.choices), 1):
        if _is_ordered(before) and _is_ordered(after):
            yield from _neighbours(question.key, before, after, index)


def _neighbours(key: Key, before: Choice, after: Choice, index: int) -> Found:
    assert before.range and after.range
    here: Path = ("choices", index, "range")
    if after.range[0] < before.range[0]:
        yield here, f"{_shown(after)} stands after {before.id} {_shown(before)}; order the ranges", "range_order"
    if after.range[0] < before.range[1] and before.range[0] < after.range[1]:
        yield here, f"{_shown(after)} overlaps {before.id} {_shown(before)}", "range_overlap"
    elif after.range[0] > before.range[1] and not key.allow_gaps:
        gap = f"{before.range[1]:g} to {after.range[0]:g}"
        yield (
            here,
            f"no option holds {gap}; close it, or write allow_gaps: true and no_match",
            "range_gap",
        )


def _predictions(question: Question) -> Found:
    if question.prediction is None:
        return
    if question.predict == "none":
        yield ("prediction",), "a prediction needs predict: required", "prediction"
    ids = [choice.id for choice in question.prediction.choices]
    for index, name in enumerate(ids):
        if name in ids[:index]:
            yield ("prediction", "choices", index, "id"), f"the id {name!r} is already used", "duplicate_id"
    yield from predicted_errors(question)


def _lab(question: Question) -> Found:
    lab = LABS.get(question.lab.name)
    if lab is None:
        known = ", ".join(LABS)
        message = f"there is no lab {question.lab.name!r}{suggestion(question.lab.name, LABS)}; labs: {known}"
        yield ("lab", "name"), message, "unknown_lab"
        return
    settings = None
    try:
        settings = lab.settings.model_validate(question.lab.settings)
    except ValidationError as error:
        # One finding per setting: a setting that may be of several kinds has a fault for each of them.
        places = {str(detail["loc"][0]) if detail["loc"] else "": detail["loc"] for detail in reversed(error.errors())}
        for name, place in places.items():
            yield ("lab", "settings", *place), _refused(lab, name, question.lab.settings), "lab_settings"
    if question.key is not None:
        yield from _measure(question, question.key, lab)
        yield from _reference(question.key)
        if settings is not None:
            yield from _requirement(question.key, settings)


def _refused(lab: Lab, name: str, settings: dict[str, Any]) -> str:
    """Why the lab does not take the setting `name`, or, without a name, the settings together."""
    if name and name not in lab.settings.model_fields:
        return f"the lab {lab.name} has no setting {name!r}{suggestion(name, lab.settings.model_fields)}"
    try:
        parse_settings(lab, {name: settings[name]} if name in settings else settings)
        parse_settings(lab, settings)  # refused only beside the others
    except InvalidSettings as error:
        return error.message.removesuffix(".")
    raise AssertionError(f"{lab.name} refuses {settings} and takes them")


def _measure(question: Question, key: Key, lab: Lab) -> Found:
    measure = lab.measures.get(key.measure)
    if measure is None:
        known = ", ".join(lab.measures) or "none"
        message = f"the lab {lab.name} has no measure {key.measure!r}{suggestion(key.measure, lab.measures)}"
        yield ("key", "measure"), f"{message}; measures: {known}", "unknown_measure"
        return
    if key.unit != measure.unit:
        yield ("key", "unit"), f"{key.measure} is in {measure.unit}, not in {key.unit}", "unit"
    if question.meter != measure.meter and measure.meter is not None:
        yield ("meter",) if question.meter else (), f"{key.measure} reads the meter {measure.meter}: say so", "meter"


def _reference(key: Key) -> Found:
    low, high = key.plausible
    if not low < high:
        yield ("key", "plausible"), f"[{low:g}, {high:g}] has to go from low to high", "plausible"
    if key.reference and key.reference.unit != key.unit:
        yield ("key", "reference", "unit"), f"the key is in {key.unit}, this in {key.reference.unit}", "unit"
    elif key.reference and not low <= key.reference.value <= high:
        yield ("key", "reference", "value"), f"{key.reference.value:g} is outside plausible", "plausible"
    if key.reference and SIMULATED in key.reference.machine:
        message = f"{key.reference.machine} is a card that tests simulate: nothing was measured on it"
        yield ("key", "reference", "machine"), message, "simulated"


def _requirement(key: Key, settings: LabSettings) -> Found:
    """The page's own preset has to make a run that counts."""
    wanted, here = key.evidence, ("key", "evidence")
    values = settings.model_dump()
    if settings.device.partition(":")[0] != wanted.device:
        yield (*here, "device"), f"the lab's preset runs on {settings.device}: its run would never count", "preset"
    if values.get("dtype", "auto") not in ("auto", *wanted.dtypes):
        yield (*here, "dtypes"), f"the lab's preset runs in {values['dtype']}: its run would never count", "preset"
    if wanted.min_repeats > values.get("repeats", 1):
        message = f"the lab's preset makes {values.get('repeats', 1)}: its run would never count"
        yield (*here, "min_repeats"), message, "preset"
    if wanted.fresh_process and not values.get("fresh_process"):
        yield (*here, "fresh_process"), "the lab's preset does not ask for it: its run would never count", "preset"
    model = CATALOG.get(str(values.get("model")))
    if model and model.parameters != wanted.parameters:
        yield (*here, "parameters"), f"{model.id} has {model.parameters} parameters", "preset"
    for index, name in enumerate(wanted.same_settings):
        if name not in values:
            message = f"the lab has no setting {name!r}{suggestion(name, values)}"
            yield (*here, "same_settings", index), message, "lab_settings"


def _blind(question: Question) -> Found:
    ids = [choice.id for choice in question.choices]
    accepted = question.accepted or (frozenset(ids[:1]),)
    scores = blind_scores(question.scoring, accepted, ids, question.type == "single")
    for strategy, value in scores.items():
        if value > BLIND_LIMIT + 1e-9:
            advice = "; consider scoring: balanced" if question.scoring == "plus-minus" else ""
            yield ("scoring",), f"{strategy} scores {value:.2f} without knowing anything{advice}", "blind_strategy"


def _only_position(question: Question) -> int | None:
    right = [index for index, choice in enumerate(question.choices) if choice.correct]
    return right[0] if len(right) == 1 else None


def _is_ordered(choice: Choice) -> bool:
    return choice.range is not None and not any(map(math.isnan, choice.range)) and choice.range[0] < choice.range[1]


def _shown(choice: Choice) -> str:
    return "[{:g}, {:g}]".format(*choice.range) if choice.range else ""


def repeated_ids(ids: list[object]) -> Iterator[tuple[int, int]]:
    """Index of every question whose id an earlier one has, and that one's. Case does not count: ids are addresses."""
    first: dict[str, int] = {}
    for index, name in enumerate(ids):
        if isinstance(name, str) and first.setdefault(name.lower(), index) != index:
            yield index, first[name.lower()]
