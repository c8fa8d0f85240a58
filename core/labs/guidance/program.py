"""Draw a picture with Stable Diffusion 1.5 step by step: two predictions of the noise, and the guidance between them.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image


def load(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    device: str = "cuda",
    dtype: torch.dtype = torch.float16,
    variant: str | None = "fp16",
    stage: Callable[[str], None] = print,
) -> StableDiffusionPipeline:
    """Read the networks of the pipeline and move them to the device. `stage` is told what happens."""
    stage("Reading the weights")
    pipe = StableDiffusionPipeline.from_pretrained(path, dtype=dtype, variant=variant)
    stage(f"Moving the model to {device}")
    return pipe.to(device)


def encode(pipe: Any, text: str) -> torch.Tensor:
    """The text as the UNet reads it: a row of numbers for each of 77 tokens, [1, tokens, width]."""
    tokenizer = pipe.tokenizer
    tokens = tokenizer(
        text, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt"
    )
    with torch.inference_mode():
        return pipe.text_encoder(tokens.input_ids.to(pipe.device))[0]


def denoise(
    pipe: Any,
    prompt: str,
    guidance_scale: float | None = 7.5,
    num_inference_steps: int = 20,
    side: int = 512,
    random_seed: int = 0,
    on_step_end: Callable[..., Any] | None = None,
) -> torch.Tensor:
    """From noise to the latents of a picture, [1, 4, height, width].

    With guidance_scale None the UNet is asked once per step, with the prompt alone. The stock pipeline does so at every
    scale of 1 or less, because at 1 the formula below leaves nothing else over.
    """
    texts = encode(pipe, prompt)
    if guidance_scale is not None:
        texts = torch.cat([encode(pipe, ""), texts])

    pipe.scheduler.set_timesteps(num_inference_steps, device=pipe.device)
    places = side // pipe.vae_scale_factor
    chance = torch.Generator(pipe.device).manual_seed(random_seed)
    shape = (1, pipe.unet.config.in_channels, places, places)
    latents = torch.randn(shape, generator=chance, device=pipe.device, dtype=pipe.unet.dtype)
    latents = latents * pipe.scheduler.init_noise_sigma

    for number, timestep in enumerate(pipe.scheduler.timesteps):
        # Both predictions in one call: the same latents twice, once with the empty text and once with the prompt.
        given = pipe.scheduler.scale_model_input(torch.cat([latents] * len(texts)), timestep)
        with torch.inference_mode():
            predictions = pipe.unet(given, timestep, encoder_hidden_states=texts).sample.chunk(len(texts))
        if guidance_scale is None:
            noise = predictions[0]
        else:
            unconditional, conditional = predictions
            noise = unconditional + guidance_scale * (conditional - unconditional)
        before, latents = latents, pipe.scheduler.step(noise, timestep, latents).prev_sample
        if on_step_end:
            on_step_end(pipe, number, timestep, {"before": before, "predictions": predictions, "noise": noise})
    return latents


def expected(pipe: Any, latents: torch.Tensor, noise: torch.Tensor, timestep: Any) -> torch.Tensor:
    """What would be left of the latents if all the noise that was predicted were taken away at once."""
    share = float(pipe.scheduler.alphas_cumprod[int(timestep)])  # of the picture in the mixture, by variance
    return (latents - (1 - share) ** 0.5 * noise) / share**0.5


def decode(pipe: Any, latents: torch.Tensor) -> Image.Image:
    """Latents as a picture; a black one where the model's safety checker finds it indecent."""
    with torch.inference_mode():
        values = pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample
        values, is_indecent = pipe.run_safety_checker(values, pipe.device, values.dtype)
    if is_indecent and is_indecent[0]:
        return Image.new("RGB", (values.shape[3], values.shape[2]))
    pixels = (values[0] * 0.5 + 0.5).clamp(0, 1).permute(1, 2, 0).float().cpu()
    return Image.fromarray((pixels * 255).round().byte().numpy())


def to_latents(pipe: Any, picture: Image.Image) -> torch.Tensor:
    """A picture as latents: the other half of the autoencoder."""
    pixels = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None]
    values = (pixels / 255 * 2 - 1).to(pipe.device, pipe.vae.dtype)
    with torch.inference_mode():
        latents: torch.Tensor = pipe.vae.encode(values).latent_dist.mode() * pipe.vae.config.scaling_factor
    return latents
