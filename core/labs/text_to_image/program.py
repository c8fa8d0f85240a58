"""Draw a picture from a prompt with Stable Diffusion: the lesson's cells as two functions.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate
"""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    DiffusionPipeline,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UniPCMultistepScheduler,
)


def load(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    device: str = "cuda",
    dtype: torch.dtype = torch.float16,
    variant: str | None = "fp16",
    stage: Callable[[str], None] = print,
    is_xl: bool = False,
) -> DiffusionPipeline:
    """Read the networks of the pipeline and move them to the device. `stage` is told what happens.

    SDXL and what descends from it have a second text encoder (`is_xl`), which a pipeline of another kind runs.
    """
    stage("Reading the weights")
    # The lesson names runwayml/stable-diffusion-v1-5, which left the Hub in 2024; this repository took its place.
    # variant="fp16" takes the files in half precision: half the download.
    kind = StableDiffusionXLPipeline if is_xl else StableDiffusionPipeline
    pipe = kind.from_pretrained(path, dtype=dtype, variant=variant)

    stage(f"Moving the model to {device}")
    return pipe.to(device)


SCHEDULERS = {
    "ddim": DDIMScheduler,
    "euler": EulerDiscreteScheduler,
    "euler_ancestral": EulerAncestralDiscreteScheduler,
    "dpm_solver": DPMSolverMultistepScheduler,
    "unipc": UniPCMultistepScheduler,
}


def change_scheduler(pipe: DiffusionPipeline, name: str) -> None:
    """Go from noise to picture in steps of another kind: the networks and the schedule of the noise stay."""
    pipe.scheduler = SCHEDULERS[name].from_config(pipe.scheduler.config)


def generate(
    pipe: DiffusionPipeline,
    prompt: str,
    negative_prompt: str = "",
    num_inference_steps: int = 50,
    guidance_scale: float = 7.5,
    height: int = 512,
    width: int = 512,
    random_seed: int = 0,
    on_step_end: Callable[..., Any] | None = None,
) -> Any:
    """Draw one picture: `.images[0]` of what comes back.

    random_seed decides the noise that the picture grows out of; height and width are in pixels.
    `on_step_end(pipe, step, timestep, tensors)` is called after every step and returns the tensors.
    """
    generator = torch.Generator(device=pipe.device).manual_seed(random_seed)
    return pipe(
        prompt,
        negative_prompt=negative_prompt or None,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        height=height,
        width=width,
        generator=generator,
        callback_on_step_end=on_step_end,
    )
