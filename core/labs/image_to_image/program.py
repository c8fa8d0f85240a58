"""Change a picture with Stable Diffusion 1.5: it gets some noise, and the noise is removed towards a prompt.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate
"""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import StableDiffusionImg2ImgPipeline
from PIL import Image, ImageOps


def load(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    device: str = "cuda",
    dtype: torch.dtype = torch.float16,
    variant: str | None = "fp16",
    stage: Callable[[str], None] = print,
) -> StableDiffusionImg2ImgPipeline:
    """Read the same networks that draw from a prompt alone; only the pipeline around them is another."""
    stage("Reading the weights")
    pipe = StableDiffusionImg2ImgPipeline.from_pretrained(path, dtype=dtype, variant=variant)

    stage(f"Moving the model to {device}")
    return pipe.to(device)


def fitted(picture: Image.Image, side: int = 512) -> Image.Image:
    """The middle of a picture as a square of the size that the model was trained for."""
    return ImageOps.fit(picture.convert("RGB"), (side, side), Image.Resampling.LANCZOS)


def change(
    pipe: StableDiffusionImg2ImgPipeline,
    picture: Image.Image,
    prompt: str,
    negative_prompt: str = "",
    strength: float = 0.6,
    num_inference_steps: int = 50,
    guidance_scale: float = 7.5,
    random_seed: int = 0,
    on_step_end: Callable[..., Any] | None = None,
) -> Any:
    """Draw one picture from another: `.images[0]` of what comes back.

    strength is how far the picture is taken towards noise; that share of the steps brings it back.
    `on_step_end(pipe, step, timestep, tensors)` is called after every step and returns the tensors.
    """
    generator = torch.Generator(device=pipe.device).manual_seed(random_seed)
    return pipe(
        prompt,
        image=picture,
        negative_prompt=negative_prompt,
        strength=strength,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        generator=generator,
        callback_on_step_end=on_step_end,
    )
