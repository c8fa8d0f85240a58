"""Settings of the fine-tuning lab. No torch here."""

from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from core.models.catalog import CLIP
from core.runs.settings import ModelSettings, Prompt, Seed, is_asked_twice

Way = Literal["lora", "full"]
TITLES: dict[Way, str] = {"lora": "LoRA", "full": "All weights"}
FOLLOWED_STEPS = 8
FOLLOWED = f"loss, mean of {FOLLOWED_STEPS} steps"
"""What the page draws as a line: batches are noised by chance, and their single losses are far apart."""
Rate = Annotated[float, Field(gt=0, le=1)]
OWN_PICTURES = r"^(shipped|upload:[0-9a-f]{32})$"
LEAST_PICTURES, MOST_PICTURES, LONGEST_CAPTION = 4, 40, 200
"""Of the student's own; a quarter of them is held out."""
PROMPTS = (
    "a photo of a penguin reading a newspaper on the moon",
    "A floating market in a bamboo forest, solarpunk",
    "A hedgehog having tea in front of the Brandenburg Gate",
    "A steam locomotive in a desert, cubist painting",
    "a clockwork beetle repairing a pocket watch",
    "A lighthouse on an icy cliff in the style of a picture book, gouache",
)
"""Drawn before and after, and scored: none of them names the style that is learnt."""
TWIN_PROMPTS = (
    "City skyline at night with a boat, digital art",
    "Mountains at sunset with a house, watercolor painting",
    "Sea by day with a boat, comic book style",
    "Forest at night with a cat, digital art",
    "Mountains by day with a tree, watercolor painting",
    "Sea at sunset with a house, comic book style",
)
"""The same in the small twin's world."""
FEW = 6
"""Pictures that the full size takes on a CPU, where each is encoded for seconds."""


def _in_order(chosen: tuple[Way, ...]) -> tuple[Way, ...]:
    """Each once: LoRA first, as the frozen weights are whole again after it."""
    return tuple(name for name in TITLES if name in chosen) or tuple(TITLES)


class Settings(ModelSettings):
    model: Literal["stable-diffusion-1.5"] = "stable-diffusion-1.5"
    dtype: Literal["float32"] = "float32"
    """Not a choice here: a training step changes a weight by less than 16 bits can tell."""
    repeats: Literal[1] = 1
    ways: Annotated[tuple[Way, ...], Field(max_length=len(get_args(Way))), AfterValidator(_in_order)] = ("lora", "full")
    picture: Annotated[str, Field(pattern=OWN_PICTURES)] = "shipped"
    """The pictures to learn from: the blueprints that the lab ships, or the student's own, beside each other in one."""
    captions: str = Field(default="", max_length=MOST_PICTURES * (LONGEST_CAPTION + 1))
    """One line for each picture of the student's own."""
    prompt: Prompt = "Mountains by day with a house, digital art"
    """Drawn before and after beside two captions that were held out: what else the training changed."""
    steps: int | None = Field(default=None, ge=1, le=5000)
    """Of each way; None is 24 for the small twin, 100 on a GPU, 2 for the full size on a CPU."""
    time_limit_s: int = Field(default=60, ge=2, le=1800)
    """Seconds that each way may train."""
    rank: int = Field(default=8, ge=1, le=128)
    lora_learning_rate: Rate | None = Field(default=None, multiple_of=0.00001)
    """None is 0.0001, 0.01 for the small twin."""
    full_learning_rate: Rate | None = Field(default=None, multiple_of=0.00001)
    """None is 0.00001, 0.0005 for the small twin."""
    batch_size: int | None = Field(default=None, ge=1, le=32)
    """None is 4, and 1 for the full size on a CPU."""
    checkpointing: bool = False
    """Keep fewer activations, and compute the others again on the way back."""
    side: int | None = Field(default=None, ge=64, le=512, multiple_of=64)
    """Of the pictures; None is 512, 256 for the full size on a CPU, 128 for the small twin."""
    num_inference_steps: int | None = Field(default=None, ge=1, le=100)
    """None is 20, 10 for the small twin, 2 for the full size on a CPU."""
    clip_score: Literal["auto", "yes", "no"] = "auto"
    """Draw six prompts before and after each way and score them; `auto` does so with the small twin."""
    guidance_scale: float = Field(default=3.0, ge=0, le=200)
    seed: Seed = 7

    cost_nothing: ClassVar[frozenset[str]] = frozenset(
        ("prompt", "picture", "captions", "seed", "lora_learning_rate", "full_learning_rate")
    )

    @model_validator(mode="after")
    def _has_captions(self) -> Self:
        if self.picture == "shipped":
            return self
        lines = captions_of(self.captions)
        if not LEAST_PICTURES <= len(lines) <= MOST_PICTURES:
            raise ValueError(
                f"your own pictures need a line of captions each, {LEAST_PICTURES} to {MOST_PICTURES} lines, "
                f"and there are {len(lines)}"
            )
        if longest := next((line for line in lines if len(line) > LONGEST_CAPTION), ""):
            raise ValueError(f"a caption has at most {LONGEST_CAPTION} characters, and one has {len(longest)}")
        return self

    @property
    def loaded(self) -> tuple[str, ...]:
        """What scores the pictures, where that is asked for, then what learns."""
        return (CLIP, self.model) if self.is_scored else (self.model,)

    @property
    def is_scored(self) -> bool:
        """Whether six prompts are drawn and scored."""
        return self.clip_score == "yes" or (self.clip_score == "auto" and self.source == "embedded")

    @property
    def scored_prompts(self) -> tuple[str, ...]:
        """The prompts that are scored."""
        return TWIN_PROMPTS if self.source == "embedded" else PROMPTS

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def workload(self) -> dict[str, Any]:
        return super().workload() | {
            "guidance_scale": is_asked_twice(self.guidance_scale),
            "pictures": len(captions_of(self.captions)),
        }

    def settled(self) -> Self:
        """With everything that follows from source and device, once those are known."""
        is_twin = self.source == "embedded"
        is_slow = self.device == "cpu" and not is_twin
        chosen: dict[str, Any] = {
            "steps": 24 if is_twin else 2 if is_slow else 100,
            "batch_size": 1 if is_slow else 4,
            "side": 128 if is_twin else 256 if is_slow else 512,
            "num_inference_steps": 10 if is_twin else 2 if is_slow else 20,
            "lora_learning_rate": 0.01 if is_twin else 0.0001,
            "full_learning_rate": 0.0005 if is_twin else 0.00001,
        }
        missing = {name: value for name, value in chosen.items() if getattr(self, name) is None}
        return self.model_copy(update=missing | {"clip_score": "yes" if self.is_scored else "no"})

    @property
    def most_pictures(self) -> int | None:
        """How many pictures are taken; None is all of them."""
        return FEW if self.device == "cpu" and self.source != "embedded" else None


def captions_of(text: str) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def held_out(pictures: int) -> int:
    """How many of so many pictures are held out: a quarter, the last ones."""
    return max(1, pictures // 4)
