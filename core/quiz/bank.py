"""The question bank as types: what `quiz_bank.yaml` may hold. `docs/quiz_bank.md` is the author's guide.

Only shape is checked here; what needs the labs or several fields together is in `rules`.
"""

import hashlib
import json
import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StrictBool, StrictInt

from core.quiz.scoring import RULES, SINGLE_RULE, Scheme

Meter = Literal["allocated", "reserved", "device_used", "process_rss"]
HTML = re.compile(r"</?[a-zA-Z][^\s:>@]*(\s[^>]*)?/?>|<!--")
CODE = re.compile(r"(`+).+?\1", re.DOTALL)


def _plain(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty")
    if tag := HTML.search(CODE.sub("", text)):
        raise ValueError(f"raw HTML ({tag.group()}) is not allowed; write Markdown, or put code between backticks")
    return text.strip()


def _single_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("this has to be one line")
    return text


Text = Annotated[str, Strict(), AfterValidator(_plain)]
Line = Annotated[Text, AfterValidator(_single_line)]
Id = Annotated[str, Strict(), Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Number = Annotated[float, Strict()]
Finite = Annotated[float, Strict(), Field(allow_inf_nan=False)]


class Part(BaseModel):
    """A part of the bank: frozen, and without room for unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class Info(Part):
    """What the bank is."""

    id: Id
    title: Line
    version: Line
    language: Line
    license: Line


class Section(Part):
    """A group of questions that stand together in the sidebar."""

    id: Id
    title: Line


class LabPreset(Part):
    """The lab that a question runs, and the settings that its page starts from."""

    name: Line
    settings: dict[str, Any] = Field(default_factory=dict)
    fallback: Literal["dummy", "embedded"] | None = None
    """What source `auto` takes without the Hub; None is the lab's own fallback."""


class Image(Part):
    """A picture beside the prompt; `src` is relative to the bank's folder."""

    src: Line
    alt: Text


class Source(Part):
    """Where a published figure comes from."""

    text: Line
    url: Annotated[str, Strict(), Field(pattern=r"^https://\S+$")] | None = None


class PredictionChoice(Part):
    id: Id
    text: Line
    when: dict[Line, tuple[Number, Number]] = Field(default_factory=dict)
    """Measure -> [low, high): what a run measures where this comes true. Without it a run does not say."""


class PredictionRun(Part):
    """Which runs say something to a prediction: the question's settings by name, and the model's size if it matters."""

    sentence: Line
    """What a run says; `{measure}` is replaced by that measure's figure with its unit."""
    same_settings: tuple[Line, ...] = ()
    parameters: StrictInt | None = Field(default=None, gt=0)


class OwnPrediction(Part):
    """A question of its own to predict, where the question's choices would give nothing to predict."""

    prompt: Text
    choices: tuple[PredictionChoice, ...] = Field(min_length=2)
    run: PredictionRun | None = None


class Choice(Part):
    """An option. `correct` where the key is fixed, `range` [low, high) where it is measured."""

    id: Id
    letter: Annotated[str, Strict(), Field(pattern=r"^[a-z]$")]
    text: Line
    correct: StrictBool | None = None
    range: tuple[Number, Number] | None = None
    feedback: Text | None = None
    """Said when it was chosen; of a multiple question, once the question is closed."""
    feedback_unchosen: Text | None = None
    """Said when it was not, once the question is closed."""


class AlsoAccepted(Part):
    """Another complete answer that counts in full."""

    choices: tuple[Id, ...] = Field(min_length=1)
    feedback: Text


class Requirement(Part):
    """Which runs count: the lesson's model at its size, device, precision, settings and number of repeats."""

    device: Literal["cpu", "cuda"]
    dtypes: tuple[Literal["float32", "float16", "bfloat16"], ...] = Field(min_length=1)
    parameters: StrictInt = Field(gt=0)
    same_settings: tuple[Line, ...] = ()
    """Names of lab settings whose value has to be the preset's."""
    min_repeats: StrictInt = Field(default=1, ge=1)
    fresh_process: StrictBool = False
    """True where the worker process may have run nothing before, as for memory."""


class EdgeTolerance(Part):
    """How near to an edge, relative to the value, both neighbours count."""

    rel: Finite = Field(ge=0, le=0.2)


class Reference(Part):
    """A value that decides where this machine cannot run the question; measured somewhere, or an estimate."""

    value: Finite
    unit: Line
    machine: Line
    kind: Literal["measured", "estimate"]
    source: Line
    lower_bound: StrictBool = False
    """True where the real figure can only be larger."""


class Key(Part):
    """The right answer of a measured question: taken from the student's own run."""

    from_: Literal["run"] = Field(alias="from")
    measure: Line
    reduce: Literal["min", "max", "median", "last"] = "min"
    unit: Line
    sentence: Line = "Your run measured {value}."
    """What a run says; `{value}` is replaced by the figure with its unit."""
    evidence: Requirement
    plausible: tuple[Finite, Finite]
    edge_tolerance: EdgeTolerance = EdgeTolerance(rel=0.03)
    no_match: Literal["nearest", "ungraded"] = "ungraded"
    allow_gaps: StrictBool = False
    reference: Reference | None = None


Warn = Literal["blind_strategy", "no_explanation", "same_position"]


class Question(Part):
    """A question with its key. `id` never changes: answers are stored under it."""

    id: Id
    section: Id | None = None
    """Id of the section it stands in; None is the first one."""
    title: Line
    headline: Line
    about: Text
    prompt: Text
    type: Literal["single", "multiple"]
    topic: Line
    tags: tuple[Line, ...] = ()
    difficulty: Literal["easy", "medium", "hard"]
    lab: LabPreset
    meter: Meter | None = None
    image: Image | None = None
    predict: Literal["required", "none"] = "none"
    prediction: OwnPrediction | None = None
    choices: tuple[Choice, ...] = Field(min_length=2, max_length=12)
    scoring: Scheme = "plus-minus"
    also_accepted: tuple[AlsoAccepted, ...] = ()
    max_attempts: StrictInt = Field(default=3, ge=1, le=20)
    key: Key | None = None
    explanation: Text | None = None
    """Markdown, shown when the question is closed."""
    sources: tuple[Source, ...] = ()
    acknowledged: tuple[Warn, ...] = ()
    """Warnings that the author knows of and accepts."""

    @property
    def correct(self) -> frozenset[str]:
        """Ids of the right choices; empty where the key is measured."""
        return frozenset(choice.id for choice in self.choices if choice.correct)

    @property
    def accepted(self) -> tuple[frozenset[str], ...]:
        """Complete answers that count in full, the key first; empty where the key is measured."""
        others = (frozenset(other.choices) for other in self.also_accepted)
        return (self.correct, *others) if self.key is None else ()

    @property
    def rule(self) -> str:
        """The scoring rule as a sentence, to print beside the question."""
        return SINGLE_RULE if self.type == "single" else RULES[self.scoring]

    @property
    def letters(self) -> dict[str, str]:
        """Choice id -> letter."""
        return {choice.id: choice.letter for choice in self.choices}

    @property
    def prediction_choices(self) -> tuple[PredictionChoice, ...]:
        """What can be predicted: an own question's choices, or the question's; empty without a prediction."""
        if self.predict == "none":
            return ()
        if self.prediction:
            return self.prediction.choices
        return tuple(PredictionChoice(id=choice.id, text=choice.text) for choice in self.choices)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content; changes whenever anything of the question does, but not with where it stands."""
        return _sha(self.model_dump(mode="json", exclude={"section"}))


class Bank(Part):
    """All questions, in the lesson's order."""

    schema_: Literal["quiz-bank/1"] = Field(alias="schema")
    bank: Info
    sections: tuple[Section, ...] = Field(default=(Section(id="lesson", title="Lesson"),), min_length=1)
    questions: tuple[Question, ...] = Field(min_length=1)

    @cached_property
    def sha(self) -> str:
        """SHA-256 of the content, comments and layout left aside."""
        return _sha(self.model_dump(mode="json"))

    def section_of(self, question: Question) -> Section:
        """The section that a question stands in; an unknown one counts as the first (`rules` reports it)."""
        return next((found for found in self.sections if found.id == question.section), self.sections[0])

    def questions_of(self, section: Section) -> tuple[Question, ...]:
        """The questions of one section, in the bank's order."""
        return tuple(question for question in self.questions if self.section_of(question) == section)

    def question(self, question_id: str) -> Question:
        """The question with that id.

        Raises:
            KeyError: there is none.
        """
        return next((found for found in self.questions if found.id == question_id), None) or _missing(question_id)


def _missing(question_id: str) -> Question:
    raise KeyError(f"the bank has no question {question_id!r}")


def _sha(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
