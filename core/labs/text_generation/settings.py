"""Settings of the text lab, with the lesson's values as defaults."""

from typing import ClassVar, Literal

from pydantic import Field

from core.runs.settings import ModelSettings, Prompt, Seed


class Settings(ModelSettings):
    model: Literal["qwen3-0.6b"] = "qwen3-0.6b"
    prompt: Prompt = "Once upon a time, in a land far, far away,"
    max_new_tokens: int = Field(default=100, ge=1, le=1000)
    do_sample: bool = True
    temperature: float = Field(default=0.7, ge=0.05, le=2)
    seed: Seed | None = None
    """None draws a new seed for every repeat; the record says which."""

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("prompt", "temperature", "seed"))
