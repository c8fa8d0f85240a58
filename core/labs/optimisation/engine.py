"""The same decode in another engine: llama.cpp, driven token by token.

Needs: pip install llama-cpp-python numpy
"""

from collections.abc import Callable
from typing import Any

import llama_cpp
import numpy as np

ALL_LAYERS = 999


def load_llama_cpp(path: str, threads: int, context_tokens: int, gpu: int = -1) -> tuple[Any, Any]:
    """Open a GGUF file for so many threads and tokens, on the CPU or on one GPU. Returns the model and its context."""
    llama_cpp.llama_backend_init()
    of_model = llama_cpp.llama_model_default_params()
    of_model.n_gpu_layers = 0 if gpu < 0 else ALL_LAYERS
    of_model.split_mode, of_model.main_gpu = llama_cpp.LLAMA_SPLIT_MODE_NONE, max(gpu, 0)
    # Repacked weights are read with matrix instructions that some virtual machines announce and do not allow.
    of_model.use_extra_bufts = False
    model = llama_cpp.llama_model_load_from_file(path.encode(), of_model)
    of_context = llama_cpp.llama_context_default_params()
    of_context.n_ctx = of_context.n_batch = context_tokens
    of_context.n_threads = of_context.n_threads_batch = threads
    context = llama_cpp.llama_init_from_model(model, of_context) if model else None
    if not context:
        raise RuntimeError(f"llama.cpp could not open {path}")
    return model, context


def write_with_llama_cpp(
    model: Any, context: Any, ids: list[int], new_tokens: int, on_token: Callable[[int], None] = lambda token: None
) -> list[int]:
    """Write `new_tokens` tokens after the prompt `ids`, always the likeliest one. `on_token` gets each of them."""
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    written: list[int] = []
    following = ids
    for _ in range(new_tokens):
        tokens = (llama_cpp.llama_token * len(following))(*following)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(tokens, len(following))):
            raise RuntimeError("llama.cpp could not compute the next token")
        logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), shape=(vocabulary,))
        following = [int(logits.argmax())]
        written += following
        on_token(following[0])
    return written
