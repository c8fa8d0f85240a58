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
    StableDiffusionXLImg2ImgPipeline,
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


def load_refiner(
    pipe: StableDiffusionXLPipeline,
    path: str = "stabilityai/stable-diffusion-xl-refiner-1.0",
    variant: str | None = "fp16",
    stage: Callable[[str], None] = print,
) -> StableDiffusionXLImg2ImgPipeline:
    """Read the UNet of SDXL's refiner, which learnt the last steps alone; all else is SDXL's own."""
    stage("Reading the weights of the refiner")
    shared = {name: pipe.components[name] for name in ("text_encoder_2", "tokenizer_2", "vae")}
    refiner = StableDiffusionXLImg2ImgPipeline.from_pretrained(
        path, text_encoder=None, tokenizer=None, **shared, dtype=pipe.unet.dtype, variant=variant
    )
    stage(f"Moving the refiner to {pipe.device}")
    return refiner.to(pipe.device)


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


def generate_refined(
    pipe: StableDiffusionXLPipeline,
    refiner: StableDiffusionXLImg2ImgPipeline,
    prompt: str,
    negative_prompt: str = "",
    num_inference_steps: int = 50,
    guidance_scale: float = 5.0,
    height: int = 1024,
    width: int = 1024,
    random_seed: int = 0,
    refiner_share: float = 0.2,
    on_step_end: Callable[..., Any] | None = None,
    on_hand_over: Callable[[], Any] = lambda: None,
) -> Any:
    """Draw one picture whose last steps, `refiner_share` of all, the refiner takes: from latents that are still noisy.

    Both count the same steps of the same schedule, so that together they take as many as one model alone.
    """
    generator = torch.Generator(device=pipe.device).manual_seed(random_seed)
    both = {
        "prompt": prompt,
        "negative_prompt": negative_prompt or None,
        "num_inference_steps": num_inference_steps,
        "guidance_scale": guidance_scale,
        "generator": generator,
        "callback_on_step_end": on_step_end,
    }
    border = 1 - refiner_share
    latents = pipe(**both, height=height, width=width, denoising_end=border, output_type="latent").images
    on_hand_over()
    return refiner(**both, image=latents, denoising_start=border)
