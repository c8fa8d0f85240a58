"""llama.cpp in a process of its own, so that its memory is its own and its end is not the worker's.

An engine that was compiled for another processor ends without a word at its first foreign instruction; here that is
a reason beside the variant. `engine_process.py` is what runs.

    with LlamaProcess(path, threads=2, context_tokens=77) as llama:
        llama.write([12, 7], new_tokens=64, on_token=print)
"""

import importlib.util
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.config import ROOT
from core.errors import LabError

ENGINE = "core.labs.optimisation.engine_process"
COMMAND = "make engines"
NEEDED = ("llama_cpp", "gguf")
LONGEST_WORDS = 200


class EngineFailed(LabError):
    """The engine's process ended, or does not do what the run needs."""

    kind = "engine_failed"


def why_not_installed() -> str | None:
    """What to do where the optional packages are missing; None where they are there."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    return f"llama.cpp is not installed here (no package {' and '.join(missing)}): `{COMMAND}` installs it."


class LlamaProcess:
    """One model, loaded in its own process.

    Args:
        path: a GGUF file.
        context_tokens: most tokens of prompt and text together.
        gpu: index of the CUDA device, None for the CPU.

    Raises:
        EngineFailed: it ended before it was ready, or cannot compute on the GPU.
    """

    def __init__(self, path: Path, threads: int, context_tokens: int, gpu: int | None = None) -> None:
        self._words = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed in close)
        numbers = (threads, context_tokens, -1 if gpu is None else gpu)
        self._process = subprocess.Popen(
            [sys.executable, "-m", ENGINE, str(path), *map(str, numbers)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
        )
        try:
            has_gpu = self._answer()["gpu"]
            if gpu is not None and not has_gpu:
                raise EngineFailed("The installed llama-cpp-python computes on the CPU only, and this run is on a GPU.")
        except BaseException:
            self.close()
            raise

    def write(self, ids: list[int], new_tokens: int, on_token: Callable[[int], None]) -> list[int]:
        """Write `new_tokens` tokens after the prompt, always the likeliest one.

        Raises:
            EngineFailed: the process ended.
        """
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"ids": ids, "new_tokens": new_tokens}) + "\n")
        self._process.stdin.flush()
        written = []
        for _ in range(new_tokens):
            written.append(int(self._answer()))
            on_token(written[-1])
        return written

    @property
    def peak_rss_bytes(self) -> int | None:
        """The most main memory that the process has taken; None where the system does not keep it."""
        status = Path(f"/proc/{self._process.pid}/status")
        lines = status.read_text().splitlines() if status.is_file() else []
        peak = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
        return None if peak is None else int(peak) * 1024

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._words):
            if pipe:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise EngineFailed(_ending(self._process.wait(), self._last_words()))
        return json.loads(line)

    def _last_words(self) -> str:
        self._words.seek(0)
        lines = [line.strip() for line in self._words.read().splitlines() if line.strip()]
        return lines[-1][:LONGEST_WORDS] if lines else "it left no message"


def _ending(code: int, words: str) -> str:
    """What the end of the process means, in a sentence."""
    if code == -signal.SIGILL:
        return (
            "llama.cpp met an instruction that this processor or virtual machine does not allow: it was built for "
            "another one."
        )
    if code == -signal.SIGKILL:
        return "The operating system ended llama.cpp, most likely because the memory was not enough."
    return f"llama.cpp ended with code {code}: {words}."
