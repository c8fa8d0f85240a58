"""Load a model and count what it is made of: the first cell of the lesson's Q3 and Q6.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate
"""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import DiffusionPipeline, StableDiffusionPipeline
from transformers import AutoModelForCausalLM, AutoTokenizer


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
    # Without dtype the file's own precision is taken: bfloat16, which many processors can only imitate.
    model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype)

    stage(f"Moving the model to {device}")
    return tokenizer, model.to(device)


def load_picture_model(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    device: str = "cuda",
    dtype: torch.dtype = torch.float16,
    variant: str | None = "fp16",
    pipeline: type[DiffusionPipeline] = StableDiffusionPipeline,
    stage: Callable[[str], None] = print,
) -> DiffusionPipeline:
    """Read every network of a picture pipeline and move them to the device.

    Another model needs its own `pipeline`; DiffusionPipeline takes the one that the model's files name.
    """
    stage("Reading the weights")
    # The lesson names runwayml/stable-diffusion-v1-5, which left the Hub in 2024; this repository took its place.
    # variant="fp16" takes the files in half precision: half the download.
    pipe = pipeline.from_pretrained(path, dtype=dtype, variant=variant)

    stage(f"Moving the model to {device}")
    return pipe.to(device)


def count(network: torch.nn.Module) -> tuple[int, int]:
    """Parameters of a network, and the bytes that they take in memory."""
    parameters = sum(p.numel() for p in network.parameters())
    size_bytes = sum(p.numel() * p.element_size() for p in network.parameters())
    return parameters, size_bytes
