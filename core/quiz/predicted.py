"""What the student's own run says to their prediction. Pure: a question, what was predicted and a run record in.

It rests on the run alone, never on the key: a prediction that asks what the question asks is judged with the answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.quiz.bank import PredictionChoice, PredictionRun, Question
from core.quiz.document import Path
from core.quiz.evidence import Record, preset
from core.quiz.verdict import figure
from core.quiz.wording import suggestion
from core.runs.lab import Lab, Measure
from core.runs.registry import LABS

PLACE = re.compile(r"{(\w+)}")
"""Where a figure stands in the sentence of a prediction."""


@dataclass(frozen=True)
class Outcome:
    """What a run says.

    Attributes:
        sentence: the run's figures in words.
        came_true: whether it is what was predicted; None where these figures cannot tell.
    """

    sentence: str
    came_true: bool | None


def outcome(question: Question, predicted: Sequence[str], record: Record) -> Outcome | None:
    """What `record` says to a prediction; None where the bank asks no run, or this one does not count."""
    asked = question.prediction.run if question.prediction else None
    if asked is None or not _counts(question, asked, record):
        return None
    values = {name: value for name in measures_of(question) if (value := _value(question, name, record)) is not None}
    if not set(PLACE.findall(asked.sentence)) <= set(values):
        return None
    known = _known(LABS[question.lab.name])
    told = PLACE.sub(lambda place: figure(values[place[1]], known[place[1]].unit), asked.sentence)
    return Outcome(told, _came_true(question.prediction_choices, predicted, values))


def measures_of(question: Question) -> list[str]:
    """Names of the measures that a question's own prediction rests on, each once."""
    if question.prediction is None or question.prediction.run is None:
        return []
    used = [name for choice in question.prediction.choices for name in choice.when]
    return list(dict.fromkeys([*PLACE.findall(question.prediction.run.sentence), *used]))


def predicted_errors(question: Question) -> Iterator[tuple[Path, str, str]]:
    """What a run says to a prediction has to be measured by the lab, and compared with settings that it has."""
    prediction, lab = question.prediction, LABS.get(question.lab.name)
    if prediction is None or lab is None:
        return
    for index, choice in enumerate(prediction.choices):
        here: Path = ("prediction", "choices", index, "when")
        if choice.when and prediction.run is None:
            yield here, "which runs count, and what they say, is missing: add prediction.run", "no_run"
        for name, (low, high) in choice.when.items():
            if not low < high:
                yield (*here, name), f"[{low:g}, {high:g}] has to go from low to high", "range_order"
    for name in measures_of(question):
        if name not in _known(lab):
            message = f"the lab {lab.name} has no measure {name!r}{suggestion(name, _known(lab))}"
            yield ("prediction", "run"), message, "unknown_measure"
    known = lab.settings.model_fields
    for index, name in enumerate(prediction.run.same_settings if prediction.run else ()):
        if name not in known:
            message = f"the lab has no setting {name!r}{suggestion(name, known)}"
            yield ("prediction", "run", "same_settings", index), message, "lab_settings"


def _known(lab: Lab) -> dict[str, Measure]:
    return lab.measures | lab.predictable


def _counts(question: Question, asked: PredictionRun, record: Record) -> bool:
    settings, wanted = record.get("settings") or {}, preset(question)
    same = all(name in settings and settings[name] == wanted[name] for name in asked.same_settings)
    size = (record.get("model") or {}).get("parameters")
    return record.get("state") == "finished" and same and asked.parameters in (None, size)


def _value(question: Question, name: str, record: Record) -> float | None:
    try:
        found = _known(LABS[question.lab.name])[name].values(dict(record))
    except (KeyError, TypeError, AttributeError, ValueError):
        return None  # a record that lacks the part where the measure is kept did not measure it
    return found[-1] if found else None


def _came_true(choices: Sequence[PredictionChoice], predicted: Sequence[str], values: dict[str, float]) -> bool | None:
    """Whether the run did what was predicted, or, where that is not told by figures, what another choice says."""
    fits = {choice.id for choice in choices if choice.when and _fits(choice, values)}
    if fits:
        return bool(fits.intersection(predicted))
    told = {choice.id for choice in choices if choice.when}
    return False if told.issuperset(predicted) else None


def _fits(choice: PredictionChoice, values: dict[str, float]) -> bool:
    return all(name in values and low <= values[name] < high for name, (low, high) in choice.when.items())
