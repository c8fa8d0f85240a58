"""A short film from a prompt: Stable Diffusion 1.5 draws its frames, and motion modules let them see each other.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from diffusers import AnimateDiffPipeline, DDIMScheduler, MotionAdapter, UNet2DConditionModel, UNetMotionModel
from PIL import Image


def load(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    motion: str = "guoyww/animatediff-motion-adapter-v1-5-2",
    device: str = "cuda",
    dtype: torch.dtype = torch.float16,
    variant: str | None = "fp16",
    beta_schedule: str = "linear",
    stage: Callable[[str], None] = print,
) -> AnimateDiffPipeline:
    """Read the networks that draw and the motion modules, and move them to the device. `stage` is told what happens.

    beta_schedule says how much noise belongs to a step; the motion modules were trained with `linear`.
    """
    stage("Reading the weights")
    unet = UNet2DConditionModel.from_pretrained(path, subfolder="unet", torch_dtype=dtype, variant=variant)
    adapter = MotionAdapter.from_pretrained(motion, torch_dtype=dtype, variant=variant)
    scheduler = DDIMScheduler.from_pretrained(
        path, subfolder="scheduler", beta_schedule=beta_schedule, clip_sample=False, timestep_spacing="linspace"
    )
    pipe = AnimateDiffPipeline.from_pretrained(
        path, unet=with_motion(unet, adapter), motion_adapter=adapter, scheduler=scheduler, dtype=dtype, variant=variant
    )
    stage(f"Moving the model to {device}")
    return pipe.to(device)


def with_motion(unet: UNet2DConditionModel, adapter: MotionAdapter) -> UNetMotionModel:
    """The denoising network with a motion module after each of its layers; it holds the parts of both, not copies."""
    with torch.device("meta"):
        moving = UNetMotionModel.from_unet2d(unet, adapter, load_weights=False)
    for block, drawing, motion in zip(blocks(moving), blocks(unet), blocks(adapter), strict=True):
        for name, part in drawing.named_children():
            setattr(block, name, part)
        block.motion_modules = motion.motion_modules
    for name, part in unet.named_children():
        if not name.endswith(("blocks", "block")):
            setattr(moving, name, part)
    return moving.eval()


def blocks(network: Any) -> list[Any]:
    """Its blocks from the input to the output."""
    return [*network.down_blocks, network.mid_block, *network.up_blocks]


def animate(
    pipe: AnimateDiffPipeline,
    prompt: str,
    negative_prompt: str = "",
    num_frames: int = 16,
    num_inference_steps: int = 25,
    guidance_scale: float = 7.5,
    side: int = 512,
    random_seed: int = 0,
    on_step_end: Callable[..., Any] | None = None,
) -> Any:
    """Draw num_frames pictures of side x side pixels together: `.frames[0]` of what comes back is their list.

    Every frame begins with noise of its own. `on_step_end(pipe, step, timestep, tensors)` returns the tensors.
    """
    return pipe(
        prompt,
        negative_prompt=negative_prompt,
        num_frames=num_frames,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        height=side,
        width=side,
        generator=torch.Generator(device=pipe.device).manual_seed(random_seed),
        callback_on_step_end=on_step_end,
    )


class Nothing(torch.nn.Module):
    """Stands in a motion module's place and leaves every frame as it is."""

    def forward(self, frames: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        return frames


@contextmanager
def without_motion(pipe: AnimateDiffPipeline) -> Iterator[None]:
    """Take the motion modules out for a while: every frame is then a picture of its own."""
    found = [(block, block.motion_modules) for block in blocks(pipe.unet)]
    try:
        for block, modules in found:
            block.motion_modules = torch.nn.ModuleList(Nothing() for _ in modules)
        yield
    finally:
        for block, modules in found:
            block.motion_modules = modules


def steps_apart(frames: list[Image.Image]) -> list[float]:
    """How far each frame is from the one before: the mean difference of their colour values, 0 to 255."""
    values = [np.asarray(frame, dtype=float) for frame in frames]
    return [float(np.abs(one - other).mean()) for one, other in pairwise(values)]


def save(frames: list[Image.Image], file: Any, seconds_per_frame: float = 0.125) -> None:
    """Write the frames as a picture that moves, over and over: WebP, which every browser shows."""
    duration = round(1000 * seconds_per_frame)
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=duration, loop=0, lossless=True)
