"""A bank reduced to what other systems know: text, options with a share of the mark, feedback, tags.

    sections, log = portable(bank)
    sections[0].questions[0].options[0].percent     # 33.33333
    print(log)                                      # Q4: marked by each student's own run in VRAM Lab; …

The shares, added up and clamped to 0 and 100 as Moodle does, give the same mark as the bank's scoring rule for single,
plus-minus and balanced questions. Everything else that is lost on the way stands in the log.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.quiz.bank import CODE, Bank, Image, Question, Reference
from core.quiz.evidence import options_for
from core.quiz.interchange.fractions import MOST_EQUAL, nearest, shares
from core.quiz.interchange.log import ExportLog, LogLine

MATHS = re.compile(r"(?<![\\$])\$[^\s$][^$\n]*\$(?!\$)")
TAKES_ALL = "A right tick counts its part; a wrong one takes the whole mark."
GENERAL = (
    "The texts speak of runs, charts and tables that only VRAM Lab shows. Read them before a class does.",
    "Predictions and labs are not exported.",
)


@dataclass(frozen=True)
class Option:
    """One option; `percent` is what ticking it adds to the mark, below 0 for what it takes away."""

    text: str
    percent: float
    feedback: str


@dataclass(frozen=True)
class PortableQuestion:
    """One question, all texts in Markdown.

    Attributes:
        name: id and title, one line.
        lead: what stands before the image, if there is one.
        prompt: what stands after it.
        feedback: shown to everybody at the end.
    """

    id: str
    name: str
    lead: str
    prompt: str
    options: tuple[Option, ...]
    is_single: bool
    feedback: str
    tags: tuple[str, ...]
    image: Image | None

    def text(self, picture: str = "") -> str:
        """The whole question, with `picture` as Markdown between lead and prompt."""
        return "\n\n".join(part for part in (self.lead, picture, self.prompt) if part)


@dataclass(frozen=True)
class PortableSection:
    """A category with its questions; `path` is written as Moodle does, a `/` in a name is doubled."""

    path: str
    questions: tuple[PortableQuestion, ...]


def portable(bank: Bank) -> tuple[tuple[PortableSection, ...], ExportLog]:
    """Every question that has a key without a run, by section, and what was lost."""
    keys = {question.id: _key(question) for question in bank.questions}
    sections = []
    for section in bank.sections:
        questions = tuple(_question(found, keys[found.id]) for found in bank.questions_of(section) if keys[found.id])
        if questions:
            path = "/".join(("$course$", "top", _category(bank.bank.title), _category(section.title)))
            sections.append(PortableSection(path, questions))
    lines = [LogLine("", message) for message in (*GENERAL, *_unchosen(bank))]
    lines += [LogLine(question.id, said) for question in bank.questions for said in _lost(question, keys[question.id])]
    exported = tuple(found.id for section in sections for found in section.questions)
    return tuple(sections), ExportLog(exported, tuple(name for name, key in keys.items() if not key), tuple(lines))


def _category(name: str) -> str:
    """A name as one part of a path: a `/` in it is doubled, and kept apart from those between the parts."""
    doubled = name.replace("/", "//")
    return f"{' ' * doubled.startswith('/')}{doubled}{' ' * doubled.endswith('/')}"


def _key(question: Question) -> frozenset[str]:
    """Ids of the right options; of a measured question by its reference, empty without one."""
    if question.key is None:
        return question.correct
    reference = question.key.reference
    return frozenset(options_for(question, reference.value)[0]) if reference else frozenset()


def _question(question: Question, key: frozenset[str]) -> PortableQuestion:
    percents = _percents(question, key)
    rule = "" if question.type == "single" else TAKES_ALL if _is_coarser(question) else question.rule
    reference = question.key.reference if question.key else None
    note = f"> {_note(reference)}" if reference else ""
    return PortableQuestion(
        id=question.id,
        name=f"{question.id} {question.title}",
        lead=f"**{question.headline}**\n\n{question.about}",
        prompt="\n\n".join(part for part in (question.prompt, rule, note) if part),
        options=tuple(Option(choice.text, percents[choice.id], choice.feedback or "") for choice in question.choices),
        is_single=question.type == "single",
        feedback=_feedback(question),
        tags=tuple(dict.fromkeys((question.topic, *question.tags, question.difficulty))),
        image=question.image,
    )


def _percents(question: Question, key: frozenset[str]) -> dict[str, float]:
    """Percent of each option by its id."""
    right = [choice.id for choice in question.choices if choice.id in key]
    wrong = [choice.id for choice in question.choices if choice.id not in key]
    if question.type == "single":
        return dict.fromkeys(right, 100.0) | dict.fromkeys(wrong, 0.0)
    parts = {"plus-minus": len(right), "balanced": len(wrong), "all-or-nothing": 1}[question.scoring]
    return dict(zip(right, shares(len(right)), strict=True)) | {choice: nearest(-100 / parts) for choice in wrong}


def _note(reference: Reference) -> str:
    found = "measured on" if reference.kind == "measured" else "estimated for"
    least = "at least " if reference.lower_bound else ""
    return (
        "In VRAM Lab this question is marked by each student's own run. Here a reference decides: "
        f"{least}{reference.value:g} {reference.unit}, {found} {reference.machine} ({reference.source})."
    )


def _feedback(question: Question) -> str:
    sources = "\n".join(
        f"- [{source.text}]({source.url})" if source.url else f"- {source.text}" for source in question.sources
    )
    return "\n\n".join(part for part in (question.explanation, sources) if part)


def _is_coarser(question: Question) -> bool:
    return question.type == "multiple" and question.scoring == "all-or-nothing"


def _unchosen(bank: Bank) -> Iterator[str]:
    count = sum(any(choice.feedback_unchosen for choice in question.choices) for question in bank.questions)
    if count:
        yield f"Feedback on options that were not ticked is not exported ({count} questions have some)."


def _lost(question: Question, key: frozenset[str]) -> Iterator[str]:
    """Sentences on what differs from the bank."""
    if question.key is not None:
        yield from _lost_run(question, key)
    if _is_coarser(question):
        yield "ticking only some of the right options earns a part here; in the bank it earns nothing."
    if question.also_accepted:
        yield "the other complete answers that the bank accepts earn here what their ticks add up to."
    if question.type == "multiple" and max(len(key), len(question.choices) - len(key)) > MOST_EQUAL:
        yield f"more than {MOST_EQUAL} options share a mark, which cannot be split equally; marks differ a little."
    texts = (question.about, question.prompt, question.explanation or "", *(choice.text for choice in question.choices))
    if key and any(MATHS.search(CODE.sub("", text)) for text in texts):
        yield "formulas between single $ are shown as they are written; Moodle sets those between $$."


def _lost_run(question: Question, key: frozenset[str]) -> Iterator[str]:
    reference = question.key.reference if question.key else None
    if reference is None:
        yield "left out: each student's own run decides it, and the bank has no reference to take instead."
    elif not key:
        yield f"left out: no option holds the reference, {reference.value:g} {reference.unit}."
    else:
        letters = " or ".join(question.letters[choice.id] for choice in question.choices if choice.id in key)
        yield (
            f"each student's own run decides it in VRAM Lab; exported with the key of the reference, {letters} "
            f"({reference.value:g} {reference.unit}, {reference.machine}). The text says so."
        )
