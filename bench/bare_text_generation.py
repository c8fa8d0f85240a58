"""The lesson's text program with nothing around it, as a process that times one generation per line on stdin.

    python -m bench.bare_text_generation CHECKPOINT cpu float32

prints one JSON line when the model is loaded and one per request: {"wall_s": …}.
"""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

PROMPT = "Once upon a time, in a land far, far away,"


def main(path: str, device: str, dtype: str) -> None:
    """Load, then answer every line with the seconds of one generation of 100 tokens."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, dtype)).to(device)
    inputs = tokenizer(PROMPT, return_tensors="pt").to(device)
    print(json.dumps({"parameters": model.num_parameters(), "threads": torch.get_num_threads()}), flush=True)
    for _ in sys.stdin:
        _synchronize(device)
        start = time.perf_counter()
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=100, min_new_tokens=100, do_sample=True, temperature=0.7)
        tokenizer.decode(output[0], skip_special_tokens=True)
        _synchronize(device)
        print(json.dumps({"wall_s": time.perf_counter() - start}), flush=True)


def _synchronize(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


if __name__ == "__main__":
    main(*sys.argv[1:4])
