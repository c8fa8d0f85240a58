"""Settings of the load lab: which model, from where, to which device, at which precision."""

from typing import Literal

from pydantic import Field

from core.runs.settings import ModelSettings


class Settings(ModelSettings):
    model: Literal["qwen3-0.6b", "stable-diffusion-1.5", "sdxl-inpainting"] = "qwen3-0.6b"
    repeats: int = Field(default=1, ge=1, le=5)
    fresh_process: bool = True
