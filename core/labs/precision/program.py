"""One language model in float32, bfloat16, float16, int8 and 4 bits: bytes, speed, and how far its output moves.

Needs: pip install torch "transformers>=5" accelerate bitsandbytes torchao gguf
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, TorchAoConfig

TEXTS = (
    "Once upon a time, in a small village by the sea, there lived an old fisherman",
    "The king had three sons, and the youngest of them was",
    "In the middle of the dark forest stood a house with",
    "She opened the door, and there was a little bird on",
    "The dragon was not angry. It was only tired, and it said",
    "Every morning the baker walked to the river to",
    "At night the stars were bright, and the boy could see",
    "And they all lived happily ever",
)


def load(
    path: str = "Qwen/Qwen3-0.6B",
    precision: str = "float32",
    device: str = "cpu",
    stage: Callable[[str], None] = print,
    gguf: str = "unsloth/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q4_0.gguf",
) -> tuple[Any, Any]:
    """Read the tokenizer, and the model at one of the precisions. `stage` is told what happens.

    `gguf` is the file that "gguf_q4_0" reads: a repository, or a folder, and the name of a file in it.
    """
    tokenizer = AutoTokenizer.from_pretrained(path)
    stage(f"Loading {precision}")
    if precision == "int8_bitsandbytes":
        model = load_int8(path, device)
    elif precision == "nf4_bitsandbytes":
        model = load_4bit(path, device)
    elif precision == "int8_torchao_compiled":
        model = load_int8_torchao(path, device)
    elif precision == "gguf_q4_0":
        model = load_gguf(path, gguf, device)
    else:
        # Without dtype the file's own precision is taken, whatever the machine can do with it.
        model = AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, precision)).to(device)
    return tokenizer, model


def load_int8(path: str, device: str) -> Any:
    """LLM.int8: every number of the Linear layers in 8 bits, one scale per row."""
    config = BitsAndBytesConfig(load_in_8bit=True)
    return _quantized(path, device, config)


def load_4bit(path: str, device: str) -> Any:
    """NF4: 16 levels placed as normally distributed weights need them, one scale per 64 numbers."""
    config = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=half_precision(device)
    )
    return _quantized(path, device, config)


def load_int8_torchao(path: str, device: str) -> Any:
    """Weights in 8 bits by torchao, which torch.compile understands."""
    from torchao.quantization import Int8WeightOnlyConfig

    # Left to itself it also changes how this process multiplies float32 and compiles everything else.
    config = TorchAoConfig(Int8WeightOnlyConfig(set_inductor_config=False))
    return _quantized(path, device, config)


def load_gguf(path: str, gguf: str, device: str) -> Any:
    """A file of llama.cpp with 4.5 bits per number. Of Qwen3, transformers unpacks every one of them while loading."""
    folder, _, file = gguf.rpartition("/")
    config = AutoConfig.from_pretrained(path)  # a GGUF file leaves some of it out
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, config=config, dtype=half_precision(device))
    return model.to(device)


def _quantized(path: str, device: str, config: Any) -> Any:
    """Quantize while loading. Only Linear layers are; the embedding, tied to the output, stays in half precision."""
    return AutoModelForCausalLM.from_pretrained(
        path, dtype=half_precision(device), quantization_config=config, device_map={"": device}
    )


def half_precision(device: str) -> torch.dtype:
    """bfloat16, or float16 on a GPU that would have to imitate bfloat16."""
    is_old = device.startswith("cuda") and torch.cuda.get_device_capability(device) < (8, 0)
    return torch.float16 if is_old else torch.bfloat16


def compile_model(model: Any) -> Any:
    """Have the whole forward pass compiled; that happens at its first calls, and takes from seconds to minutes."""
    model.forward = torch.compile(model.forward)
    return model


def generate(tokenizer: Any, model: Any, prompt: str, max_new_tokens: int = 32, streamer: Any = None) -> str:
    """Continue the prompt, always with the likeliest token. Returns the whole text."""
    inputs = tokenizer(prompt, return_tensors="pt").to(model.device)
    with torch.inference_mode():
        outputs = model.generate(
            **inputs,
            min_new_tokens=max_new_tokens,  # never stop early, so that every precision does the same work
            max_new_tokens=max_new_tokens,
            do_sample=False,
            streamer=streamer,
        )
    return str(tokenizer.decode(outputs[0], skip_special_tokens=True))


def stored_tensors(model: Any) -> Iterator[torch.Tensor]:
    """Every tensor that the model is stored in, tied ones once: weights, buffers, and the scales of quantized ones."""
    for tensor in [*model.parameters(), *model.buffers()]:
        if hasattr(tensor, "__tensor_flatten__"):  # torchao: calls itself bfloat16 and holds int8 and scales
            inner = [getattr(tensor, name, None) for name in tensor.__tensor_flatten__()[0]]
        else:
            inner = [tensor, getattr(tensor, "SCB", None)]  # SCB: the scales of LLM.int8
        state = getattr(tensor, "quant_state", None)  # the scales and levels of NF4
        inner += [getattr(state, name, None) for name in ("absmax", "code", "offset")]
        yield from (each.detach() for each in inner if isinstance(each, torch.Tensor))


def stored_bytes(model: Any) -> int:
    """Bytes of all those tensors."""
    return sum(tensor.numel() * tensor.element_size() for tensor in stored_tensors(model))


def predictions(tokenizer: Any, model: Any) -> list[torch.Tensor]:
    """Per text, on the host: for every position the score of each possible next token, (positions, tokens)."""
    with torch.inference_mode():
        inputs = [tokenizer(text, return_tensors="pt").to(model.device) for text in TEXTS]
        return [model(**each).logits[0].float().cpu() for each in inputs]


def distance(reference: list[torch.Tensor], other: list[torch.Tensor]) -> tuple[float, float]:
    """Mean Kullback-Leibler divergence (nats per position), and the share of positions with the same top token."""
    kl, same = [], []
    for expected, found in zip(reference, other, strict=True):
        p, q = expected.double().log_softmax(-1), found.double().log_softmax(-1)
        kl.append((p.exp() * (p - q)).sum(-1))
        same.append(expected.argmax(-1) == found.argmax(-1))
    return float(torch.cat(kl).mean()), float(torch.cat(same).double().mean())
