"""Settings of the lab that changes a picture."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from core.runs.settings import ModelSettings, Picture, Prompt, Seed, is_asked_twice, settled_picture

Strength = Annotated[float, Field(gt=0, le=1)]


class Settings(ModelSettings):
    model: Literal["stable-diffusion-1.5"] = "stable-diffusion-1.5"
    repeats: Literal[1] = 1
    """Of every strength."""
    picture: Picture = "shipped"
    prompt: Prompt = "Mountains at night with a house, digital art"
    negative_prompt: str = Field(default="", max_length=1000)
    strengths: tuple[Strength, ...] = Field(default=(0.2, 0.4, 0.6, 0.8, 1.0), min_length=1, max_length=10)
    """How much of the way back to noise the picture is taken, and so which share of the steps is run."""
    num_inference_steps: int = Field(default=25, ge=1, le=150)
    guidance_scale: float = Field(default=7.5, ge=0, le=200)
    seed: Seed = 7

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("picture", "prompt", "negative_prompt", "seed"))

    @model_validator(mode="after")
    def _takes_a_step(self) -> Self:
        for strength in self.strengths:
            if int(strength * self.num_inference_steps) < 1:
                raise ValueError(
                    f"a strength of {strength:g} runs no step of {self.num_inference_steps}: "
                    "take a larger strength or more steps"
                )
        return self

    def workload(self) -> dict[str, Any]:
        return super().workload() | {"guidance_scale": is_asked_twice(self.guidance_scale)}

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def settled(self) -> Self:
        return self.model_copy(update={"picture": settled_picture(self.picture, self.source)})
