"""Every text variant of the lab `optimisation` against eager, alternating, and against the limit read around each pair.

The full-size Qwen3-0.6B with random weights writes greedily. llama.cpp also runs bare, in a process with nothing around
it, against the lab's own process with the same file and threads. Which of two goes first changes from pair to pair.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from core.measure.statistics import median_interval

TOKENS = 32
TARGETS = {"share_of_limit": 0.60, "lab_over_bare_llama_cpp": 0.95, "cuda_graphs_over_eager": 4.0}
Write = Callable[[], float]
"""Writes TOKENS tokens and returns the rate from the first to the last, per second."""


def main(pairs: int, device: str) -> dict[str, object]:
    """Measure `pairs` alternating pairs of every variant that this machine has."""
    with ExitStack() as stack:
        bench = _Bench(device, stack)
        writes, compile_s = bench.variants()
        bare = bench.bare()
        for write in (bench.eager, *writes.values(), *([bare] if bare else [])):
            write()
        found = {name: _against(name, write, bench, pairs) for name, write in writes.items()}
        against_bare = _ratios("llama.cpp bare", writes["llama_cpp"], bare, pairs) if bare else None
    return _summary(bench, found, compile_s, against_bare)


def _against(name: str, write: Write, bench: "_Bench", pairs: int) -> dict[str, Any]:
    """Rates, ratios to eager, and shares of the limit of one variant."""
    rows = []
    for index in range(pairs):
        before = bench.bandwidth()
        rate, eager = _pair(write, bench.eager, index)
        limit = max(before, bench.bandwidth()) / bench.bytes_per_token(name)
        rows.append({"tokens_per_s": rate, "eager_tokens_per_s": eager, "limit_tokens_per_s": limit})
        print(f"{name}, pair {index + 1}: {rate:.2f}, eager {eager:.2f}, limit {limit:.2f}", file=sys.stderr)
    middle, low, high = median_interval([row["tokens_per_s"] / row["eager_tokens_per_s"] for row in rows])
    shares = median_interval([row["tokens_per_s"] / row["limit_tokens_per_s"] for row in rows])
    limited: dict[str, Any] = {"share_of_limit": shares[0], "share_of_limit_95": list(shares[1:])}
    if not bench.is_limited_by_memory(name):
        limited = {"share_of_limit": None, "share_of_limit_reason": "so few bytes stay in the last cache in part"}
    return {
        "median_tokens_per_s": median(row["tokens_per_s"] for row in rows),
        "over_eager": middle,
        "over_eager_95": [low, high],
        **limited,
        "pairs": rows,
    }


def _ratios(name: str, write: Write, other: Write, pairs: int) -> dict[str, Any]:
    rows = [_pair(write, other, index) for index in range(pairs)]
    middle, low, high = median_interval([one / two for one, two in rows])
    print(f"over {name}: {middle:.3f}", file=sys.stderr)
    return {"ratio": middle, "ratio_95": [low, high], "tokens_per_s": rows}


def _pair(one: Write, two: Write, index: int) -> tuple[float, float]:
    if index % 2:
        second = two()
        return one(), second
    return one(), two()


def _summary(
    bench: "_Bench", found: dict[str, Any], compile_s: dict[str, float], against_bare: dict[str, Any] | None
) -> dict[str, object]:
    best = max(found, key=lambda name: found[name]["share_of_limit"] or 0)
    met = {"share_of_limit": (found[best]["share_of_limit"] or 0) >= TARGETS["share_of_limit"]}
    if against_bare:
        met["lab_over_bare_llama_cpp"] = against_bare["ratio"] >= TARGETS["lab_over_bare_llama_cpp"]
    if "cuda_graphs" in found:
        met["cuda_graphs_over_eager"] = found["cuda_graphs"]["over_eager"] >= TARGETS["cuda_graphs_over_eager"]
    return {
        "what": f"{TOKENS} greedy tokens of the full-size Qwen3-0.6B with random weights, each variant / eager",
        "device": bench.device,
        "dtype": bench.dtype,
        "threads": bench.threads,
        "compile_s": compile_s,
        "variants": found,
        "best_by_share_of_limit": best,
        "lab_over_bare_llama_cpp": against_bare,
        "targets": TARGETS,
        "met": met,
    }


class _Bench:
    """The model in memory, and a function that writes for every variant."""

    def __init__(self, device: str, stack: ExitStack) -> None:
        import torch

        from core.labs.optimisation import program
        from core.labs.optimisation.settings import PROMPTS
        from core.labs.precision.program import half_precision
        from core.measure.progress import SilentProgress
        from core.models.checkpoint import checkpoint

        torch.compiler.config.force_disable_caches = True
        half = str(half_precision(device)).removeprefix("torch.")
        self.device, self.dtype = device, "float32" if device == "cpu" else half
        self.threads = torch.get_num_threads()
        self._stack, self._program = stack, program
        self._checkpoint = Path(checkpoint("qwen3-0.6b", "dummy", SilentProgress()).path)
        tokenizer, self.model = program.load_text_model(
            str(self._checkpoint), device, getattr(torch, self.dtype), lambda stage: None
        )
        self.ids = tokenizer(PROMPTS["qwen3-0.6b"]).input_ids
        self._token_bytes: dict[str, int] = {}

    def eager(self) -> float:
        self.model.set_attn_implementation("eager")
        return self._own(None, None)

    def bandwidth(self) -> float:
        from core.measure.limits import read_bandwidth

        return read_bandwidth(self.model)

    def bytes_per_token(self, name: str) -> int:
        """Weights and cache; llama.cpp's by its file, with 16-bit keys and values."""
        from core.measure.limits import kv_bytes_per_token

        context = len(self.ids) + TOKENS / 2
        numbers = kv_bytes_per_token(self.model) // self.model.dtype.itemsize
        weights = sum(value.nbytes for value in self.model.parameters())
        itemsize = 2 if name in self._token_bytes else self.model.dtype.itemsize
        return int(self._token_bytes.get(name, weights) + round(numbers * itemsize * context))

    def is_limited_by_memory(self, name: str) -> bool:
        """Whether a token needs far more bytes than the last cache holds."""
        from core.measure.limits import CACHES_FULL, last_cache_bytes

        return self.bytes_per_token(name) >= CACHES_FULL * last_cache_bytes(self.model.device)

    def variants(self) -> tuple[dict[str, Write], dict[str, float]]:
        """Every variant that this machine has, ready; and the seconds that compiling took."""
        found: dict[str, Write] = {"sdpa": lambda: self._sdpa(None, None)}
        compile_s = {}
        for name, mode in (("compiled_static", None), ("cuda_graphs", "reduce-overhead")):
            if name == "cuda_graphs" and self.device == "cpu":
                continue
            cache = self._program.static_cache(self.model, len(self.ids) + TOKENS)
            step = self._program.compile_step(self.model, mode)
            found[name] = lambda cache=cache, step=step: self._sdpa(cache, step)  # type: ignore[misc]
            start = perf_counter()
            found[name]()
            compile_s[name] = perf_counter() - start
        return found | self._engines(), compile_s

    def _engines(self) -> dict[str, Write]:
        from core.labs.optimisation.llama_process import LlamaProcess, why_not_installed

        if self.device != "cpu" or why_not_installed():
            return {}
        found: dict[str, Write] = {}
        for name in ("llama_cpp", "llama_cpp_q8"):
            llama = self._stack.enter_context(LlamaProcess(self._gguf(name), self.threads, len(self.ids) + TOKENS))
            found[name] = lambda llama=llama: _rate(lambda told: llama.write(self.ids, TOKENS, told))  # type: ignore[misc]
        return found

    def bare(self) -> Write | None:
        """llama.cpp with nothing around it, or None where the variant is missing too."""
        if "llama_cpp" not in self._token_bytes:
            return None
        return self._stack.enter_context(_bare(self._gguf("llama_cpp"), self.threads, self.ids))

    def _gguf(self, name: str) -> Path:
        from core.measure.progress import SilentProgress
        from core.models.gguf_file import PRECISIONS, gguf_file, tensor_bytes

        precision = "Q8_0" if name.endswith("q8") else PRECISIONS[self.dtype]
        path = gguf_file(self._checkpoint, "qwen3-0.6b-dummy", precision, SilentProgress())
        self._token_bytes[name] = tensor_bytes(path)
        return path

    def _sdpa(self, cache: Any, step: Any) -> float:
        self.model.set_attn_implementation("sdpa")
        return self._own(cache, step)

    def _own(self, cache: Any, step: Any) -> float:
        return _rate(lambda told: self._program.write(self.model, self.ids, TOKENS, cache, step, told))


def _rate(write: Callable[[Callable[[int], None]], object]) -> float:
    stamps: list[float] = []
    write(lambda token: stamps.append(perf_counter()))
    return (len(stamps) - 1) / (stamps[-1] - stamps[0])


@contextmanager
def _bare(path: Path, threads: int, ids: list[int]) -> Iterator[Write]:
    command = [sys.executable, "-m", "bench.bare_llama_cpp", str(path), str(threads), str(TOKENS)]
    process = subprocess.Popen(
        [*command, ",".join(map(str, ids))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout

    def once() -> float:
        process.stdin.write("\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        return float(json.loads(process.stdout.readline())["tokens_per_s"])  # type: ignore[union-attr]

    try:
        process.stdout.readline()
        yield once
    finally:
        process.stdin.close()
        process.wait()
