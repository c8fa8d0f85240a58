"""The same model made faster: Qwen3-0.6B writes, Stable Diffusion 1.5 draws, one optimisation after the other.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate
"""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache, StaticCache


def load_text_model(
    path: str = "Qwen/Qwen3-0.6B",
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    stage: Callable[[str], None] = print,
) -> tuple[Any, Any]:
    """Read the tokenizer and the model, and move the model to the device. `stage` is told what happens."""
    stage("Reading the tokenizer")
    tokenizer = AutoTokenizer.from_pretrained(path)

    stage("Reading the weights")
    model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype)

    stage(f"Moving the model to {device}")
    return tokenizer, model.to(device)


def load_picture_model(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    device: str = "cuda",
    dtype: torch.dtype = torch.float16,
    variant: str | None = "fp16",
    stage: Callable[[str], None] = print,
) -> Any:
    """Read the pipeline and move it to the device."""
    stage("Reading the weights")
    # The lesson names runwayml/stable-diffusion-v1-5, which left the Hub in 2024; this repository took its place.
    pipe = StableDiffusionPipeline.from_pretrained(path, dtype=dtype, variant=variant)

    stage(f"Moving the model to {device}")
    return pipe.to(device)


def static_cache(model: Any, tokens: int) -> StaticCache:
    """Room for the keys and values of so many tokens, whose address never changes: what a compiled step needs."""
    return StaticCache(config=model.config, max_cache_len=tokens)


def compile_step(model: Any, mode: str | None = None) -> Any:
    """The model with its kernels fused. mode="reduce-overhead" also records them as one CUDA graph."""
    return torch.compile(model, mode=mode)


def write(
    model: Any,
    ids: list[int],
    new_tokens: int,
    cache: StaticCache | None = None,
    step: Any = None,
    on_token: Callable[[int], None] = lambda token: None,
) -> list[int]:
    """Write `new_tokens` tokens after the prompt `ids`, always the likeliest one.

    Every token is one call of `step`, by default the model itself; without `cache` the keys and values are kept in one
    that grows. `on_token` gets each token.
    """
    written = []
    with torch.inference_mode():
        if cache is not None:
            cache.reset()
        keys_and_values = cache if cache is not None else DynamicCache(config=model.config)
        following = torch.tensor([ids], device=model.device)
        for number in range(new_tokens):
            # The prompt has a length of its own, so the plain model reads it: a compiled one would compile twice.
            call = model if number == 0 or step is None else step
            logits = call(following, past_key_values=keys_and_values, logits_to_keep=1).logits
            following = logits[:, -1].argmax(-1, keepdim=True)
            written.append(int(following))
            on_token(written[-1])
    return written


def draw(
    pipe: Any,
    prompt: str,
    num_inference_steps: int = 50,
    seed: int = 7,
    on_step_end: Callable[..., Any] | None = None,
) -> Any:
    """Draw one picture; `on_step_end(pipe, step, timestep, tensors)` is called after every evaluation of the UNet."""
    generator = torch.Generator(device=pipe.device).manual_seed(seed)
    return pipe(
        prompt, num_inference_steps=num_inference_steps, generator=generator, callback_on_step_end=on_step_end
    ).images[0]


def to_channels_last(pipe: Any) -> None:
    """Store the numbers of a pixel beside each other, the order that convolutions of many processors want."""
    pipe.unet.to(memory_format=torch.channels_last)


def compile_unet(pipe: Any) -> None:
    """Fuse the UNet's kernels; a GPU also gets the fastest of several kernels for each, which takes minutes."""
    to_channels_last(pipe)
    mode = "max-autotune" if pipe.device.type == "cuda" else None
    pipe.unet = torch.compile(pipe.unet, mode=mode, fullgraph=True)


def better_scheduler(pipe: Any) -> None:
    """A scheduler that needs fewer steps for the same picture: 20 instead of 50."""
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
