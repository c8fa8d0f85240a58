"""llama.cpp with nothing around it, as a process that times one greedy decode per line on stdin.

    python -m bench.bare_llama_cpp model.gguf 2 32 12,7,99

loads the file for 2 threads and prints, for every line, {"tokens_per_s": …} of 32 tokens after that prompt.
"""

import json
import sys
import time

import llama_cpp
import numpy as np


def main(path: str, threads: int, new_tokens: int, ids: list[int]) -> None:
    """Load, then answer every line with the rate from the first new token to the last."""
    room = len(ids) + new_tokens
    llama = llama_cpp.Llama(path, n_ctx=room, n_batch=room, n_threads=threads, n_threads_batch=threads, verbose=False)
    print(json.dumps({"threads": threads}), flush=True)
    for _ in sys.stdin:
        llama.reset()
        llama.eval(ids)
        token, start = _likeliest(llama), time.perf_counter()
        for _ in range(new_tokens - 1):
            llama.eval([token])
            token = _likeliest(llama)
        print(json.dumps({"tokens_per_s": (new_tokens - 1) / (time.perf_counter() - start)}), flush=True)


def _likeliest(llama: llama_cpp.Llama) -> int:
    logits = llama_cpp.llama_get_logits_ith(llama.ctx, -1)
    return int(np.ctypeslib.as_array(logits, shape=(llama.n_vocab(),)).argmax())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), [int(part) for part in sys.argv[4].split(",")])
