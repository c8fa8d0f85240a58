"""engine.py as a process: loads a GGUF file, then answers every line on stdin with one line per new token.

python -m core.labs.optimisation.engine_process model.gguf 2 128 -1      # 2 threads, 128 tokens, no GPU
{"ids": [12, 7], "new_tokens": 64}
"""

import json
import sys

import llama_cpp

from core.labs.optimisation.engine import load_llama_cpp, write_with_llama_cpp


def serve(path: str, threads: int, context_tokens: int, gpu: int) -> None:
    """Load, say whether a GPU can be used, then answer until stdin ends."""
    model, context = load_llama_cpp(path, threads, context_tokens, gpu)
    _say({"gpu": bool(llama_cpp.llama_supports_gpu_offload())})
    for line in sys.stdin:
        asked = json.loads(line)
        write_with_llama_cpp(model, context, asked["ids"], asked["new_tokens"], _say)


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], *map(int, sys.argv[2:5]))
