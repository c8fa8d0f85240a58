"""Settings of the optimisation lab: one model, and which of its optimisations are measured one after the other."""

from typing import Literal, Self

from pydantic import Field, model_validator

from core.runs.settings import Fallback, ModelSettings

Variant = Literal[
    "eager",
    "sdpa",
    "compiled_static",
    "cuda_graphs",
    "llama_cpp",
    "llama_cpp_q8",
    "channels_last",
    "compiled_unet",
    "better_scheduler",
]
TEXT: dict[Variant, str] = {
    "eager": "eager",
    "sdpa": "fused attention (SDPA)",
    "compiled_static": "compiled, static cache",
    "cuda_graphs": "CUDA graphs",
    "llama_cpp": "llama.cpp",
    "llama_cpp_q8": "llama.cpp, 8 bit",
}
PICTURES: dict[Variant, str] = {
    "eager": "eager",
    "channels_last": "channels last",
    "compiled_unet": "compiled UNet",
    "better_scheduler": "better scheduler",
}
"""Variants in the order in which they are measured, with the name that people read."""
TITLES: dict[str, dict[Variant, str]] = {"qwen3-0.6b": TEXT, "stable-diffusion-1.5": PICTURES}
PROMPTS = {
    "qwen3-0.6b": "Once upon a time, in a land far, far away,",
    "stable-diffusion-1.5": "A futuristic city skyline at sunset, digital art",
}
FEWER = 0.4
"""The better scheduler takes so many of the steps: 20 instead of 50."""
STEPS, STEPS_FULL_SIZE_ON_CPU = 50, 5


class Settings(ModelSettings):
    model: Literal["qwen3-0.6b", "stable-diffusion-1.5"] = "qwen3-0.6b"
    repeats: int = Field(default=3, ge=2, le=10)
    """Per variant. The first is cold and holds what compiling costs, so there are at least two."""
    variants: tuple[Variant, ...] = Field(default=(), max_length=len(TEXT))
    """What is measured besides eager; empty is everything that the model has."""
    max_new_tokens: int = Field(default=64, ge=2, le=512)
    num_inference_steps: int | None = Field(default=None, ge=1, le=150)
    """None is 50, or 5 for the full-size picture model on a CPU, where one step takes many seconds."""

    @model_validator(mode="after")
    def _variants_belong_to_the_model(self) -> Self:
        known = TITLES[self.model]
        for name in self.variants:
            if name not in known:
                raise ValueError(f"{self.model} has no variant {name}; it has {', '.join(known)}")
        return self

    @property
    def is_text(self) -> bool:
        """Whether the model writes; else it draws."""
        return self.model == "qwen3-0.6b"

    @property
    def chosen(self) -> tuple[Variant, ...]:
        """What is measured, in order; eager always, as the others are compared with it."""
        return tuple(name for name in TITLES[self.model] if not self.variants or name in ("eager", *self.variants))

    @property
    def fewer_steps(self) -> int:
        """Steps of the better scheduler."""
        return max(1, round(FEWER * (self.num_inference_steps or STEPS)))

    @property
    def own_fallback(self) -> Fallback:
        """Text is about speed, which the full size decides; pictures of the full size take minutes."""
        return "dummy" if self.is_text else "embedded"

    @property
    def is_slow_on_cpu(self) -> bool:
        return not self.is_text

    def settled(self) -> Self:
        """With the number of steps, once source and device are known."""
        is_long = self.source != "embedded" and self.device == "cpu"
        steps = self.num_inference_steps or (STEPS_FULL_SIZE_ON_CPU if is_long else STEPS)
        return self.model_copy(update={"num_inference_steps": steps})
