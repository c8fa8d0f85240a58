"""Text: Qwen3-0.6B in every variant, always the likeliest token, so that all of them have to write the same.

Each variant stands beside the limit of the memory, read before every one of its passes and after the last.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import torch

# The Auto classes would import this in the middle of the timed load.
import transformers.models.qwen3.modeling_qwen3  # noqa: F401

from core.labs.optimisation import program
from core.labs.optimisation.llama_process import LlamaProcess, why_not_installed
from core.labs.optimisation.measuring import Entry, OwnMemory, Pass, Way
from core.labs.optimisation.settings import PROMPTS, Settings, Variant
from core.labs.text_generation.run import ABOVE, NO_TEXT, TokenWatch
from core.measure.limits import decode_limit, read_bandwidth
from core.measure.progress import Progress
from core.measure.recorder import Recorder
from core.models.checkpoint import Checkpoint
from core.models.gguf_file import PRECISIONS, gguf_file, tensor_bytes
from core.models.resident import Resident
from core.runs.compiler import why_not_compiled
from core.runs.loading import Loaded, load_or_reuse, model_entry
from core.runs.planning import models_of
from core.units import gb, significant

PROMPT = PROMPTS["qwen3-0.6b"]
ENGINE: tuple[Variant, ...] = ("llama_cpp", "llama_cpp_q8")
ENGINE_KV_BYTES = 2
"""llama.cpp keeps keys and values as 16-bit numbers, whatever the weights are."""
NO_GRAPHS = "CUDA graphs record what a program starts on a GPU; this run is on the CPU."
COUNTED_IN_PYTHON = (
    "This model's attention looks back {window} tokens, and its cache counts them in Python: for every token a CUDA "
    "graph would be recorded anew. Take the full size, whose cache counts on the GPU."
)
NO_DEVICE_METER = "this GPU has no meter that sees the memory of another process"
SEES_LESS = (
    "This model's attention looks back {window} tokens, which llama.cpp's Qwen3 does not know; prompt and text would "
    "have {tokens}. Ask for fewer tokens."
)


class Text:
    """See core.labs.optimisation.measuring.Subject."""

    compiled: tuple[Variant, ...] = ("compiled_static", "cuda_graphs")

    def __init__(self, settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
        self._settings, self._recorder, self._progress = settings, recorder, progress
        self._tokenizer, self._model, self._checkpoint = load_or_reuse(
            "optimisation", settings, models_of(settings), self._read, recorder, resident, progress
        )
        self._ids: list[int] = self._tokenizer(PROMPT).input_ids
        self._room = len(self._ids) + settings.max_new_tokens
        self._bandwidths: list[float] = []
        self._limits: dict[Variant, Entry | str] = {}
        self._written: dict[Variant, list[int]] = {}

    def _read(self, found: dict[str, Checkpoint]) -> Loaded[tuple[Any, Any, Path]]:
        weights, settings = found[self._settings.model], self._settings
        dtype = getattr(torch, settings.dtype)
        stage = self._recorder.begin_stage
        tokenizer, model = program.load_text_model(weights.path, settings.device, dtype, stage)
        entry = model_entry(settings.model, weights, {"model": model}, settings.dtype)
        return Loaded((tokenizer, model, Path(weights.path)), [entry])

    def obstacle(self, name: Variant) -> str | None:
        if name == "cuda_graphs" and not self._recorder.clock.is_cuda:
            return NO_GRAPHS
        if name == "cuda_graphs" and self._window:
            return COUNTED_IN_PYTHON.format(window=self._window)
        if name in self.compiled:
            return why_not_compiled(self._settings.device, self._settings.dtype)
        return self._engine_obstacle() if name in ENGINE else None

    def _engine_obstacle(self) -> str | None:
        if self._window and self._room > self._window:
            return SEES_LESS.format(window=self._window, tokens=self._room)
        return why_not_installed()

    @property
    def _window(self) -> int | None:
        """How many tokens the model looks back; None where it looks at all of them."""
        config = self._model.config
        return int(config.sliding_window) if config.use_sliding_window else None

    @contextmanager
    def prepared(self, name: Variant) -> Iterator[Way]:
        earlier = len(self._bandwidths)
        with self._engine(name) if name in ENGINE else self._own(name) as way:
            yield way
        self._bandwidths.append(read_bandwidth(self._model))
        self._limits[name] = self._limit(name, self._bandwidths[earlier:])

    @contextmanager
    def _own(self, name: Variant) -> Iterator[Way]:
        """In this process: with the attention, the cache and the step of the variant."""
        usual = self._model.config._attn_implementation
        self._model.set_attn_implementation("eager" if name == "eager" else "sdpa")
        cache = step = None
        memory = OwnMemory(self._recorder, self._recorder.record["model"]["weights_bytes"])
        if name in self.compiled:
            cache = program.static_cache(self._model, self._room)
            step = program.compile_step(self._model, "reduce-overhead" if name == "cuda_graphs" else None)
        tokens = self._settings.max_new_tokens
        try:
            yield Way(
                lambda index: self._pass(
                    name, index, lambda told: program.write(self._model, self._ids, tokens, cache, step, told)
                ),
                memory,
                memory.warm,
            )
        finally:
            self._model.set_attn_implementation(usual)

    @contextmanager
    def _engine(self, name: Variant) -> Iterator[Way]:
        """In llama.cpp's process, with the run's own weights and as many threads as torch takes."""
        threads, tokens = torch.get_num_threads(), self._settings.max_new_tokens
        gpu = (torch.device(self._settings.device).index or 0) if self._recorder.clock.is_cuda else None
        before = self._device_used()
        with LlamaProcess(self._gguf(name), threads, self._room, gpu) as llama:
            yield Way(
                lambda index: self._pass(name, index, lambda told: llama.write(self._ids, tokens, told)),
                lambda: self._engine_memory(llama) if gpu is None else self._engine_memory_on_gpu(before),
            )

    @staticmethod
    def _engine_memory(llama: LlamaProcess) -> Entry:
        peak = llama.peak_rss_bytes
        return {"meter": "process_rss", "peak_bytes": peak, "needed_bytes": peak}

    def _engine_memory_on_gpu(self, before: int | None) -> Entry:
        """What the whole card's meter went up by: no other meter sees the memory of another process."""
        used = self._device_used()
        if used is None or before is None:
            return {"meter": "device_used", "peak_bytes": None, "needed_bytes": None, "reason": NO_DEVICE_METER}
        return {"meter": "device_used", "peak_bytes": used, "needed_bytes": max(0, used - before)}

    def _device_used(self) -> int | None:
        used = self._recorder.meters.read()["device_used_bytes"] if self._recorder.clock.is_cuda else None
        return used if isinstance(used, int) else None

    def _gguf(self, name: Variant) -> Path:
        precision = "Q8_0" if name == "llama_cpp_q8" else PRECISIONS[self._settings.dtype]
        weights = f"{self._settings.model}-{self._settings.source}"
        return gguf_file(self._checkpoint, weights, precision, self._progress)

    def _pass(self, name: Variant, index: int, write: Callable[[Callable[[int], None]], list[int]]) -> Pass:
        settings = self._settings
        total = len(settings.chosen) * settings.repeats * settings.max_new_tokens
        stage = f"{name}, repeat {index + 1} of {settings.repeats}"
        done = (settings.chosen.index(name) * settings.repeats + index) * settings.max_new_tokens
        self._bandwidths.append(read_bandwidth(self._model))
        watch = TokenWatch(self._progress, stage, done, total)
        watch.put(None)
        self._progress.report(stage, done, total)
        with self._recorder.clock.measure() as timing:
            written = write(lambda token: watch.put(None))
        return Pass(timing, watch.figures(timing.start.ns), written)

    def summary(self, name: Variant, passes: list[Pass]) -> Entry:
        rate = median(each.figures["tokens_per_s"] for each in passes[1:])
        limit = self._limits[name]
        self._written[name] = passes[-1].output
        entry: Entry = {"tokens_per_s": rate}
        if isinstance(limit, str):
            return entry | {"limit": None, "limit_reason": limit, "share_of_limit": None}
        if rate > limit["value"]:
            self._recorder.note(ABOVE.format(rate=significant(rate), limit=significant(limit["value"])))
        return entry | {"limit": limit, "share_of_limit": rate / limit["value"]}

    def compared(self, entry: Entry, first: Entry) -> Entry:
        written, wanted = self._written[entry["name"]], self._written["eager"]
        same = next((i for i, pair in enumerate(zip(written, wanted, strict=True)) if pair[0] != pair[1]), len(wanted))
        return {
            "speedup": entry["tokens_per_s"] / first["tokens_per_s"],
            "same_output": same == len(wanted),
            "same_tokens": same,
        }

    def keep(self) -> None:
        outputs = self._recorder.record["outputs"]
        if self._settings.source == "dummy":
            outputs |= {"text": None, "text_reason": NO_TEXT}
        elif "eager" in self._written:
            outputs["text"] = self._tokenizer.decode(self._ids + self._written["eager"], skip_special_tokens=True)
        if self._bandwidths:
            self._recorder.limit(decode_limit(self._model, self._context, self._bandwidths))

    @property
    def _context(self) -> float:
        """Mean number of tokens in the cache while it wrote."""
        return len(self._ids) + self._settings.max_new_tokens / 2

    def _limit(self, name: Variant, bandwidths: list[float]) -> Entry | str:
        limit = decode_limit(self._model, self._context, bandwidths)
        if isinstance(limit, str) or name not in ENGINE:
            return limit
        config = self._model.config
        numbers = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim
        token_bytes = tensor_bytes(self._gguf(name)) + round(numbers * ENGINE_KV_BYTES * self._context)
        return limit | {
            "value": limit["read_bytes_per_s"] / token_bytes,
            "bytes_per_token": token_bytes,
            "basis": f"{gb(token_bytes)} per token in llama.cpp's file and cache at {gb(limit['read_bytes_per_s'])}/s",
        }
