"""Generate text with Qwen3-0.6B: the lesson's cells as two functions.

Needs: pip install torch "transformers>=5"
"""

from collections.abc import Callable
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def load(
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


def generate(
    tokenizer: Any,
    model: Any,
    prompt: str,
    max_new_tokens: int = 100,
    do_sample: bool = True,
    temperature: float = 0.7,
    seed: int | None = None,
    streamer: Any = None,
) -> tuple[str, int]:
    """Continue the prompt. Returns the whole text and the number of new tokens.

    `streamer` gets every token as soon as it is chosen: try transformers.TextStreamer(tokenizer).
    """
    if seed is not None:
        torch.manual_seed(seed)  # the same seed on the same machine gives the same text

    inputs = tokenizer(prompt, return_tensors="pt").to(model.device)
    with torch.inference_mode():
        outputs = model.generate(
            **inputs,
            min_new_tokens=max_new_tokens,  # never stop early, so that every run does the same work
            max_new_tokens=max_new_tokens,
            do_sample=do_sample,  # False always takes the likeliest token
            temperature=temperature if do_sample else None,
            streamer=streamer,
        )
    new_tokens = outputs.shape[1] - inputs["input_ids"].shape[1]
    return tokenizer.decode(outputs[0], skip_special_tokens=True), new_tokens
