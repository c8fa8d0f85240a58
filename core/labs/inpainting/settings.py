"""Settings of the inpainting lab, with the lesson's values as defaults."""

from typing import Literal

from pydantic import Field

from core.labs.settings import ModelSettings, Prompt, Seed


class Settings(ModelSettings):
    model: Literal["sdxl-inpainting"] = "sdxl-inpainting"
    detector: Literal["yolov8n-seg"] = "yolov8n-seg"
    repeats: int = Field(default=1, ge=1, le=5)
    picture: str = Field(default="table", pattern=r"^(table|upload:[0-9a-f]{32})$")
    """`table` is the picture that the project ships; `upload:ID` the student's own."""
    region: Literal["box", "mask"] = "box"
    """What of the found object is painted over: its bounding box, or its outline."""
    prompt: Prompt = (
        "A cute, fluffy, playful cartoon cat, vibrant colors, Pixar style, highly detailed, professional digital art"
    )
    negative_prompt: str = Field(
        default="blurry, ugly, deformed, text, watermark, bad anatomy, poorly drawn, disfigured, poor quality",
        max_length=1000,
    )
    num_inference_steps: int = Field(default=50, ge=2, le=150)
    guidance_scale: float = Field(default=7.5, ge=0, le=200)
    height: int | None = Field(default=None, ge=64, le=1024, multiple_of=8)
    width: int | None = Field(default=None, ge=64, le=1024, multiple_of=8)
    seed: Seed | None = None
