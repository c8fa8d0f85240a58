"""What does each word of a prompt do? Draw with it and without it, and measure how far the picture moves.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from transformers import CLIPModel, CLIPProcessor


def load(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    device: str = "cuda",
    dtype: torch.dtype = torch.float16,
    variant: str | None = "fp16",
    stage: Callable[[str], None] = print,
) -> StableDiffusionPipeline:
    """Read the networks that draw and move them to the device. `stage` is told what happens."""
    stage("Reading the weights")
    pipe = StableDiffusionPipeline.from_pretrained(path, dtype=dtype, variant=variant)
    stage(f"Moving the model to {device}")
    return pipe.to(device)


def load_clip(
    path: str = "openai/clip-vit-base-patch16", device: str = "cuda", dtype: torch.dtype = torch.float16
) -> tuple[CLIPModel, CLIPProcessor]:
    """Read the network that puts pictures and texts into one space, and what prepares both for it."""
    clip = CLIPModel.from_pretrained(path, dtype=dtype).to(device).eval()
    return clip, CLIPProcessor.from_pretrained(path)


def generate(
    pipe: StableDiffusionPipeline,
    prompt: str,
    negative_prompt: str = "",
    num_inference_steps: int = 20,
    guidance_scale: float = 7.5,
    side: int = 512,
    random_seed: int = 0,
    on_step_end: Callable[..., Any] | None = None,
) -> Any:
    """Draw one picture of side x side pixels, out of the noise of the seed: `.images[0]` of what comes back."""
    return pipe(
        prompt,
        negative_prompt=negative_prompt,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        height=side,
        width=side,
        generator=torch.Generator(device=pipe.device).manual_seed(random_seed),
        callback_on_step_end=on_step_end,
    )


def tokens(tokenizer: Any, text: str) -> list[tuple[int, str]]:
    """Id and piece of every token of a text, the marks of its beginning and end too; nothing is cut off yet."""
    ids = tokenizer(text, verbose=False).input_ids
    return list(zip(ids, tokenizer.convert_ids_to_tokens(ids), strict=True))


def read_part(tokenizer: Any, text: str) -> str:
    """The beginning of a text that the model gets to see: as many tokens as it has places, less the mark of the end."""
    spans = tokenizer(text, verbose=False, return_offsets_mapping=True).offset_mapping
    limit = tokenizer.model_max_length
    return text if len(spans) <= limit else text[: spans[limit - 2][1]]


def words(prompt: str) -> list[re.Match[str]]:
    """Every word of a prompt with its place; punctuation is no word."""
    return list(re.finditer(r"[^\s,.;:!?()\"]+", prompt))


def without(prompt: str, word: re.Match[str]) -> str:
    """The prompt with that one word left out, and the comma with it that would stand alone."""
    rest = prompt[: word.start()] + prompt[word.end() :]
    return re.sub(r"(\s*,)+", ",", re.sub(r"\s+", " ", rest)).strip(" ,")


def distance(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart: the mean difference of their colour values, 0 to 255."""
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())


def picture_direction(clip: CLIPModel, processor: CLIPProcessor, picture: Image.Image) -> torch.Tensor:
    """Where a picture lies in CLIP's space: a direction, [1, 512] with length 1."""
    inputs = processor(images=picture, return_tensors="pt").to(clip.device, clip.dtype)
    with torch.inference_mode():
        pooled = clip.vision_model(**inputs).pooler_output
        return torch.nn.functional.normalize(clip.visual_projection(pooled).float())


def text_direction(clip: CLIPModel, processor: CLIPProcessor, text: str) -> torch.Tensor:
    """Where a text lies in the same space, [1, 512] with length 1. CLIP reads 77 tokens, too."""
    inputs = processor(text=text, truncation=True, return_tensors="pt").to(clip.device)
    with torch.inference_mode():
        pooled = clip.text_model(**inputs).pooler_output
        return torch.nn.functional.normalize(clip.text_projection(pooled).float())


def clip_score(picture: torch.Tensor, text: torch.Tensor) -> float:
    """How well the two directions agree: 100 times the cosine of their angle, and 0 where that is negative."""
    return max(0.0, 100 * float((picture * text).sum()))
