"""Settings of the lab on prompts. No torch here."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from core.models.catalog import CLIP
from core.runs.settings import ModelSettings, Seed, is_asked_twice

Words = Annotated[str, Field(max_length=8000)]
"""Of one stage; a thousand words fit."""
Steps = Annotated[int, Field(ge=1, le=150)]
Scale = Annotated[float, Field(ge=0, le=200)]
MAGIC = "highly detailed, 8k, masterpiece"
STEPS, STEPS_TWIN, STEPS_FULL_SIZE_ON_CPU = 20, 10, 1
LAST_STEPS, LAST_STEPS_TWIN, LAST_STEPS_FULL_SIZE_ON_CPU = 40, 20, 2
MOST_WORDS, MOST_WORDS_FULL_SIZE_ON_CPU = 16, 4
SIDE, SIDE_FULL_SIZE_ON_CPU, TWIN_SIDE = 512, 256, 128


class Settings(ModelSettings):
    model: Literal["stable-diffusion-1.5"] = "stable-diffusion-1.5"
    repeats: Literal[1] = 1
    subject: Words = "A calm sea"
    """The first stage: what is to be seen, and nothing else."""
    details: Words = "at sunset with a boat"
    style: Words = "watercolor"
    negative_prompt: Words = "blurry, text, watermark"
    magic: Words = MAGIC
    num_inference_steps: Steps | None = None
    """Of every stage but the last; None is 20, 10 for the small twin, 1 for the full size on a CPU."""
    guidance_scale: Scale = 7.5
    last_steps: Steps | None = None
    """Of the last stage; None is 40, 20 for the small twin, 2 for the full size on a CPU."""
    last_guidance_scale: Scale = 5.0
    most_words: Annotated[int, Field(ge=0, le=75)] | None = None
    """So many words are left out in turn, a picture each; None is 16, 4 for the full size on a CPU."""
    nonsense: Annotated[str, Field(max_length=100)] = "blorptak"
    """A word that means nothing, added to the prompt to see what any word does."""
    side: int | None = Field(default=None, ge=64, le=1024, multiple_of=64)
    """Height and width in pixels; None is 512, 256 for the full size on a CPU, 128 for the small twin."""
    seed: Seed = 7

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("seed", "nonsense"))

    @property
    def loaded(self) -> tuple[str, ...]:
        """What looks at the pictures, then what draws them."""
        return (CLIP, self.model)

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    @property
    def prompt(self) -> str:
        """The words of all stages together."""
        return joined(self.subject, self.details, self.style, self.magic)

    def workload(self) -> dict[str, Any]:
        """Of the words only how many there are."""
        texts = ("subject", "details", "style", "negative_prompt", "magic")
        counts = {name: len(getattr(self, name).split()) for name in texts}
        scales = {name: is_asked_twice(getattr(self, name)) for name in ("guidance_scale", "last_guidance_scale")}
        return super().workload() | counts | scales

    def settled(self) -> Self:
        """With size, steps and words, once source and device are known."""
        side, steps, last, words = SIDE, STEPS, LAST_STEPS, MOST_WORDS
        if self.source == "embedded":
            side, steps, last = TWIN_SIDE, STEPS_TWIN, LAST_STEPS_TWIN
        elif self.device == "cpu":
            side, steps, last = SIDE_FULL_SIZE_ON_CPU, STEPS_FULL_SIZE_ON_CPU, LAST_STEPS_FULL_SIZE_ON_CPU
            words = MOST_WORDS_FULL_SIZE_ON_CPU
        return self.model_copy(
            update={
                "side": self.side or side,
                "num_inference_steps": self.num_inference_steps or steps,
                "last_steps": self.last_steps or last,
                "most_words": words if self.most_words is None else self.most_words,
            }
        )


def joined(subject: str, details: str = "", style: str = "", magic: str = "") -> str:
    """The stages' words as one prompt: details follow the subject, the rest is set off by commas.

    >>> joined("A calm sea", "at sunset", "", "8k")
    'A calm sea at sunset, 8k'
    """
    first = " ".join(part.strip() for part in (subject, details) if part.strip())
    return ", ".join(part for part in (first, style.strip(), magic.strip()) if part)


def stage_texts(settings: Settings) -> dict[str, tuple[str, str, int, float]]:
    """Prompt, negative prompt, steps and guidance of every stage; one that adds nothing is left out."""
    s = settings.settled()
    plain, negative = (int(s.num_inference_steps or 1), s.guidance_scale), s.negative_prompt.strip()
    styled = joined(s.subject, s.details, s.style)
    every = {
        "subject": (joined(s.subject), "", *plain),
        "details": (joined(s.subject, s.details), "", *plain),
        "style": (styled, "", *plain),
        "negative": (styled, negative, *plain),
        "magic": (s.prompt, negative, *plain),
        "parameters": (s.prompt, negative, int(s.last_steps or 1), s.last_guidance_scale),
    }
    kept = {"subject": every["subject"]}
    for name, what in every.items():
        if what != list(kept.values())[-1]:
            kept[name] = what
    return kept
