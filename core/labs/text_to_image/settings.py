"""Settings of the picture lab, with the lesson's values as defaults."""

from itertools import product
from math import ceil
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, ValidationError, model_validator

from core.models.catalog import CATALOG
from core.runs.settings import ModelSettings, Prompt, Seed, is_asked_twice

NUM_INFERENCE_STEPS = (1, 150)
GUIDANCE_SCALE = (0.0, 200.0)
MOST_PICTURES = 36
"""Of one run with two sweeps."""
Scheduler = Literal["own", "ddim", "euler", "euler_ancestral", "dpm_solver", "unipc"]
Swept = Literal["seed", "num_inference_steps", "guidance_scale", "refiner_share"]
REFINER, REFINED = "sdxl-refiner", "sdxl-base"
"""The model that can take over the last steps, and the only one that it can take over from."""


class Settings(ModelSettings):
    model: Literal["stable-diffusion-1.5", "lcm-dreamshaper-v7", "stable-diffusion-1.4", "sdxl-base", "sdxl-turbo"] = (
        "stable-diffusion-1.5"
    )
    repeats: int = Field(default=1, ge=1, le=20)
    prompt: Prompt = "A futuristic city skyline at sunset, digital art"
    negative_prompt: str = Field(default="", max_length=1000)
    num_inference_steps: int = Field(default=50, ge=NUM_INFERENCE_STEPS[0], le=NUM_INFERENCE_STEPS[1])
    guidance_scale: float = Field(default=7.5, ge=GUIDANCE_SCALE[0], le=GUIDANCE_SCALE[1])
    refiner_share: float = Field(default=0.0, ge=0, le=0.5)
    """Of the steps, the last ones, which SDXL's refiner takes; 0 loads none."""
    scheduler: Scheduler = "own"
    """What turns the UNet's answers into steps; `own` is what the model came with."""
    height: int | None = Field(default=None, ge=64, le=1024, multiple_of=8)
    """Pixels; None is the model's own size (512 or 1024, or what its small twin was trained for)."""
    width: int | None = Field(default=None, ge=64, le=1024, multiple_of=8)
    seed: Seed | None = None
    previews: bool = False
    """Show the picture while it forms. Costs time, so such a run measures none."""
    sweep: Swept | None = None
    """What changes from picture to picture; None repeats the same settings `repeats` times."""
    sweep_values: tuple[float, ...] = Field(default=(), max_length=12)
    second_sweep: Swept | None = None
    """What changes as well: every value of the one with every value of the other, as rows and columns."""
    second_sweep_values: tuple[float, ...] = Field(default=(), max_length=12)

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("prompt", "negative_prompt", "seed"))

    @classmethod
    def of_model(cls, model: str) -> dict[str, Any]:
        """Steps and guidance as the model's makers name them."""
        if (known := CATALOG.get(model)) is None:
            return {}
        return {"num_inference_steps": known.usual_steps, "guidance_scale": known.usual_guidance}

    @model_validator(mode="after")
    def _sweep_is_whole(self) -> Self:
        for name in ("sweep", "second_sweep"):
            if (getattr(self, name) is None) != (not getattr(self, f"{name}_values")):
                raise ValueError(f"set both {name} (what changes) and {name}_values (its values), or neither of them")
        if self.second_sweep and self.sweep in (self.second_sweep, None):
            raise ValueError("second_sweep needs a sweep of another setting beside it")
        self._check_refiner()
        most = CATALOG[self.model].most_steps
        if most is not None and self.num_inference_steps > most:
            raise ValueError(
                f"{CATALOG[self.model].title} takes at most {most} steps, not {self.num_inference_steps}: "
                "that is how many its schedule has, and it was made for 4"
            )
        if most is not None and self.scheduler != "own":
            title = CATALOG[self.model].title
            raise ValueError(f"{title} takes no other scheduler than its own: it was trained for those steps alone")
        for name, values in self.swept().items():
            for value in values:
                self._check(name, value)
        if (pictures := len(self.changes())) > MOST_PICTURES:
            raise ValueError(f"this grid has {pictures} pictures, and one run draws at most {MOST_PICTURES}")
        return self

    def _check_refiner(self) -> None:
        if not self.refiner_share:
            return
        if self.model != REFINED:
            raise ValueError(
                f"the refiner goes on with the latents of {CATALOG[REFINED].title} alone: set model to {REFINED}, or "
                "refiner_share to 0"
            )
        if (least := ceil(round(1 / self.refiner_share, 6))) > self.num_inference_steps:
            raise ValueError(
                f"a share of {self.refiner_share:g} of {self.num_inference_steps} steps is less than one: take at "
                f"least {least} steps"
            )

    def _check(self, name: str, value: float) -> None:
        plain = {"sweep": None, "sweep_values": (), "second_sweep": None, "second_sweep_values": ()}
        try:
            self.model_validate(self.model_dump() | plain | {name: value})
        except ValidationError as error:
            raise ValueError(f"{name} cannot be {value:g}: {error.errors()[0]['msg']}") from error

    def workload(self) -> dict[str, Any]:
        """Of the seeds only how many, of a guidance scale only whether it asks twice."""
        swept: dict[str, Any] = {}
        for key, name in (("sweep_values", self.sweep), ("second_sweep_values", self.second_sweep)):
            if name == "seed":
                swept[key] = len(getattr(self, key))
            if name == "guidance_scale":
                swept[key] = [self._is_asked_twice(value) for value in getattr(self, key)]
        return super().workload() | {"guidance_scale": self._is_asked_twice(self.guidance_scale)} | swept

    def _is_asked_twice(self, guidance_scale: float) -> bool:
        """A model that was distilled to few steps is told the scale, and asked once."""
        return CATALOG[self.model].most_steps is None and is_asked_twice(guidance_scale)

    @property
    def is_refined(self) -> bool:
        """Whether any picture of the run goes through the refiner."""
        return any(self.swept().get("refiner_share", [self.refiner_share]))

    @property
    def loaded(self) -> tuple[str, ...]:
        """The refiner where one is asked for, then what draws."""
        return (REFINER, self.model) if self.is_refined else (self.model,)

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def swept(self) -> dict[str, list[float]]:
        """The settings that change and their values, whole numbers as such; empty without a sweep."""
        named = ((self.sweep, self.sweep_values), (self.second_sweep, self.second_sweep_values))
        return {name: [_typed(name, value) for value in values] for name, values in named if name}

    def changes(self) -> list[dict[str, float]]:
        """What every picture of the sweep changes, row by row; a single empty one without a sweep."""
        swept = self.swept()
        return [dict(zip(swept, values, strict=True)) for values in product(*swept.values())]


def _typed(name: str, value: float) -> float:
    return int(value) if name in ("seed", "num_inference_steps") and value.is_integer() else value
