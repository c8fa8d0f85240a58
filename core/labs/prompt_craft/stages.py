"""What is drawn: the stages of a prompt, each with everything before it, then the prompt with one word less."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from core.labs.prompt_craft import program
from core.labs.prompt_craft.settings import Settings, joined, stage_texts

TEXTS = ("subject", "details", "style", "magic")
"""Settings whose words make up the prompt, in its order."""


@dataclass(frozen=True)
class Shot:
    """One picture to be drawn.

    Attributes:
        kind: `stage`, `word` or `control`.
        name: of the stage, the word or the control.
        more: what else is to be said of it.
    """

    kind: str
    name: str
    prompt: str
    negative_prompt: str
    num_inference_steps: int
    guidance_scale: float
    seed: int
    more: dict[str, Any] = field(default_factory=dict)


def stages(settings: Settings) -> list[Shot]:
    """The stages in their order; one that adds nothing to the one before is left out."""
    return [Shot("stage", name, *what, settings.seed) for name, what in stage_texts(settings).items()]


def same(one: Shot, other: Shot) -> bool:
    """Whether both ask for the same picture, by whatever name."""
    return replace(one, kind="", name="", more={}) == replace(other, kind="", name="", more={})


def whole(settings: Settings, name: str = "again") -> Shot:
    """The prompt of all stages with the steps and guidance of the first ones: what words are left out of."""
    steps, scale = int(settings.num_inference_steps or 1), settings.guidance_scale
    negative = settings.negative_prompt.strip()
    return Shot("control", name, settings.prompt, negative, steps, scale, settings.seed)


def left_out(settings: Settings, read: str) -> Iterator[Shot]:
    """The prompt without each of its words in turn, as far as it is read; the stage that a word is of is told."""
    base = whole(settings)
    for at, word in enumerate(program.words(read)):
        more = {"position": at, "stage": stage_of(settings, word.start())}
        yield _with(base, "word", word.group(), program.without(read, word), **more)


def controls(settings: Settings, read: str) -> Iterator[Shot]:
    """What the words are to be compared with."""
    base = whole(settings)
    yield _with(base, "control", "again", read)
    yield replace(_with(base, "control", "other_seed", read), seed=(settings.seed + 1) % 2**32)
    if settings.nonsense.strip() and read == settings.prompt:  # behind a prompt that is too long it would not be read
        yield _with(base, "control", "nonsense", joined(read, "", settings.nonsense))


def stage_of(settings: Settings, place: int) -> str:
    """Which stage brought the word that begins at a place of the whole prompt."""
    found = ""
    for name in TEXTS:
        if getattr(settings, name).strip():
            before = dict.fromkeys(TEXTS[TEXTS.index(name) :], "")
            start = len(joined(**({each: getattr(settings, each) for each in TEXTS} | before)))
            found = name if place >= start or not found else found
    return found


def _with(base: Shot, kind: str, name: str, prompt: str, **more: Any) -> Shot:
    return replace(base, kind=kind, name=name, prompt=prompt, more=more)
