"""Stable Diffusion 1.5 in less memory: the same picture with one saver after the other.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate torchao
"""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import StableDiffusionPipeline


def load(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    saver: str = "plain",
    device: str = "cuda",
    variant: str | None = "fp16",
    stage: Callable[[str], None] = print,
) -> Any:
    """Read the pipeline and switch one saver on. `stage` is told what happens."""
    stage("Reading the weights")
    is_half = saver in ("half_precision", "together")
    dtype = half_precision(device) if is_half else torch.float32
    pipe = StableDiffusionPipeline.from_pretrained(path, dtype=dtype, variant=variant)

    # An offload moves the parts itself; everything else moves to the device whole.
    stage(f"Switching on: {saver}")
    if saver in OFFLOADS:
        OFFLOADS[saver](pipe, device)
    else:
        pipe.to(device)
    if saver in ("vae_tiling", "together"):
        pipe.vae.enable_tiling()  # decodes a large picture in overlapping tiles
    if saver in ("vae_slicing", "together"):
        pipe.vae.enable_slicing()  # decodes several pictures one after the other
    if saver == "attention_slicing":
        pipe.enable_attention_slicing("max")  # one head at a time, instead of PyTorch's fused attention
    if saver == "int8_unet":
        quantize(pipe.unet)
    return pipe


def half_precision(device: str) -> torch.dtype:
    """16 bits per number: float16 on a GPU; on a CPU bfloat16, which more of its operations know."""
    return torch.float16 if device.startswith("cuda") else torch.bfloat16


def model_offload(pipe: Any, device: str) -> None:
    """Text encoder, UNet and VAE wait in RAM, and only the one that computes is on the GPU."""
    pipe.enable_model_cpu_offload(device=device)


def group_offload(pipe: Any, device: str) -> None:
    """The same layer by layer, where the next one is copied while this one computes."""
    pipe.enable_group_offload(torch.device(device), offload_type="leaf_level", use_stream=True)


def sequential_offload(pipe: Any, device: str) -> None:
    """The same layer by layer, each copied when its turn comes: the least memory, and the slowest."""
    pipe.enable_sequential_cpu_offload(device=device)


OFFLOADS = {
    "model_offload": model_offload,
    "group_offload": group_offload,
    "sequential_offload": sequential_offload,
}


def quantize(unet: Any) -> None:
    """The UNet's Linear layers in 8 bits; its convolutions stay as they are."""
    from torchao.quantization import Int8WeightOnlyConfig, quantize_

    # Left to itself it also changes how this process multiplies float32 and compiles everything else.
    quantize_(unet, Int8WeightOnlyConfig(set_inductor_config=False))


def draw(
    pipe: Any,
    prompt: str,
    side: int = 512,
    pictures: int = 1,
    num_inference_steps: int = 20,
    seed: int = 7,
    on_step_end: Callable[..., Any] | None = None,
) -> Any:
    """Draw `pictures` in one call, `side` pixels high and wide. `on_step_end` is called after every step."""
    return pipe(
        prompt,
        height=side,
        width=side,
        num_images_per_prompt=pictures,
        num_inference_steps=num_inference_steps,
        generator=torch.Generator().manual_seed(seed),  # on the CPU: the same noise wherever the parts are
        callback_on_step_end=on_step_end,
    ).images
