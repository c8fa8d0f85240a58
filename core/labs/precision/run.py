"""Measures program.py: one precision after the other is loaded, timed, compared with float32 and let go.

Each first repeat is cold, and of the compiled model it holds the compilation. The distance is measured after the
repeats, so that it warms nothing up; the compiled model is asked uncompiled, as other lengths would be compiled anew.
A precision that cannot run here stays in the record with the reason.
"""

import gc
import importlib
import math
import traceback
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any

import torch

# The Auto classes would import this in the middle of the timed load.
import transformers.models.qwen3.modeling_qwen3  # noqa: F401

from core.errors import LabError
from core.labs.precision import program
from core.labs.precision.settings import BASELINE, VARIANTS, Precision, Settings
from core.labs.text_generation.run import ABOVE, NO_TEXT, TokenWatch
from core.measure.limits import decode_limit, read_bandwidth
from core.measure.memory import Reading, give_back
from core.measure.progress import Progress
from core.measure.recorder import Recorder
from core.models.checkpoint import Checkpoint
from core.models.gguf_file import gguf_file
from core.models.resident import Resident
from core.runs.compiler import compiler_as_new
from core.runs.execution import explain
from core.runs.loading import find_weights, model_entry, start_alone, start_from_empty
from core.runs.planning import models_of
from core.units import gb, gib, significant

LIBRARIES = {"bitsandbytes": "bitsandbytes", "torchao": "torchao.quantization", "gguf": "gguf"}
GGUF = "Q4_0"
ONE_BY_ONE = "the precisions are loaded one after the other; outputs.variants has the memory of each"
OWN_LIMITS = "every precision has a limit of its own, in outputs.variants"
NO_PROFILE = "this lab takes no profile"
NOT_COMPILED = "this precision runs without torch.compile"
NOT_COMPARED = "{broken} of {positions} positions hold NaN or infinity, so there is no distance"
OVERFLOW = "; this library multiplies before it scales, and float16, which this GPU needs, ends at 65,504"
OF_RANDOM_WEIGHTS = (
    "The distances are those of random weights: their likeliest token is ahead by chance, so trained weights differ."
)
MAPPED = (
    "{title}: after the load {grown} of its {whole} were in memory. The file's own precision is only mapped, and read "
    "when it is first used."
)
UNPACKED = "{title}: the file is {file}. Loaded it takes {memory}, as transformers unpacks every number of it."
REASON_LENGTH = 300

Variant = dict[str, Any]


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Measure every precision of `settings`; nothing stays loaded."""
    start_alone(recorder, resident, progress)
    found = find_weights(models_of(settings), settings, recorder, progress)[settings.model]
    start_from_empty(recorder)
    recorder.leave_out("load_peak", ONE_BY_ONE)
    recorder.limit(OWN_LIMITS)
    recorder.record["profile_reason"] = NO_PROFILE
    variants: list[Variant] = []
    recorder.record["outputs"] = {"text": None, "variants": variants}
    if settings.source == "dummy":
        recorder.record["outputs"]["text_reason"] = NO_TEXT
        recorder.note(OF_RANDOM_WEIGHTS)
    sweep = Sweep(settings, found, recorder, progress)
    try:
        for name in settings.precisions:
            variants.append(sweep.variant(name))
    finally:
        recorder.end_stage()
        recorder.read("peak")
    recorder.read("freed")


class Sweep:
    """Measures one precision at a time and keeps what float32 predicted, on the host."""

    def __init__(self, settings: Settings, found: Checkpoint, recorder: Recorder, progress: Progress) -> None:
        self.settings, self.found = settings, found
        self.recorder, self.progress = recorder, progress
        self._reference: list[torch.Tensor] = []
        self._tokens = 0

    def variant(self, name: Precision) -> Variant:
        """Everything about one precision, or why it cannot run here. Its model is gone when this returns.

        Raises:
            LabError: the run was stopped, or a lab's own error.
            Exception: whatever kept float32 from running, as without it there is nothing to compare with.
        """
        head: Variant = {"name": name, "title": VARIANTS[name].title}
        try:
            with compiler_as_new() if name.endswith("_compiled") else nullcontext():
                return head | {"is_available": True} | self._measured(name)
        except LabError:
            raise
        except Exception as failure:
            if name == BASELINE:
                raise
            traceback.clear_frames(failure.__traceback__)
            return head | {"is_available": False, "reason": _reason(failure, self.settings.device)}
        finally:
            self.progress.report(f"Freeing {VARIANTS[name].title}")
            give_back()

    def _measured(self, name: Precision) -> Variant:
        _import_library(name)
        file = self._gguf(name)
        memory = {"before": self._read_meters()}
        with self.recorder.clock.measure() as timing:
            given = {"gguf": file.as_posix()} if file else {}
            tokenizer, model = program.load(
                self.found.path, name, self.settings.device, self.recorder.begin_stage, **given
            )
            self.recorder.end_stage()
        give_back()  # what quantizing left behind is no part of the model
        memory["after_load"] = self._read_meters()
        stored = list(program.stored_tensors(model))
        weights_bytes = program.stored_bytes(model)
        embedding = model.get_input_embeddings().weight
        loaded = {
            "weights_bytes": weights_bytes,
            "embedding_bytes": embedding.numel() * embedding.element_size(),
            "load_s": timing.wall_s,
        }
        self._note_the_load(name, model, memory, weights_bytes, file)
        before = read_bandwidth(model, stored)
        figures = self._timed(name, tokenizer, model)
        limit = decode_limit(model, self._context(tokenizer), [before, read_bandwidth(model, stored)], stored)
        self.recorder.read("after_run")
        memory["after_run"] = self._read_meters()
        compared = self._compared(name, tokenizer, model)
        return loaded | figures | self._beside(limit, name, figures) | compared | {"memory": memory}

    def _gguf(self, name: Precision) -> Path | None:
        """The run's own weights as a file of llama.cpp, written at the first use; None for every other precision."""
        if not name.startswith("gguf"):
            return None
        weights = f"{self.settings.model}-{self.settings.source}"
        return gguf_file(Path(self.found.path), weights, GGUF, self.progress)

    def _read_meters(self) -> Reading:
        self.recorder.clock.synchronise()
        reading = self.recorder.meters.read()
        self.recorder.timeline.add(reading)
        return reading

    def _note_the_load(
        self, name: Precision, model: Any, memory: dict[str, Reading], weights_bytes: int, file: Path | None
    ) -> None:
        if name == BASELINE:
            self.recorder.read("after_load")
            entry = model_entry(self.settings.model, self.found, {"model": model}, BASELINE)
            self.recorder.add_model(entry | {"reused": False})
        rss = [memory[border]["process_rss_bytes"] for border in ("before", "after_load")]
        grown = int(rss[1] or 0) - int(rss[0] or 0)
        # A twin's weights are less than what the libraries take while they load it.
        if self.settings.device == "cpu" and self.settings.source != "embedded" and grown < weights_bytes / 2:
            told = MAPPED.format(title=VARIANTS[name].title, grown=gib(max(grown, 0)), whole=gib(weights_bytes))
            self.recorder.note(told)
        if file:
            sizes = {"file": gb(file.stat().st_size), "memory": gb(weights_bytes)}
            self.recorder.note(UNPACKED.format(title=VARIANTS[name].title, **sizes))

    def _context(self, tokenizer: Any) -> float:
        return len(tokenizer(self.settings.prompt).input_ids) + self.settings.max_new_tokens / 2

    def _timed(self, name: Precision, tokenizer: Any, model: Any) -> Variant:
        """The repeats, summed up: medians of the warm ones."""
        is_compiled = name.endswith("_compiled")
        if is_compiled:
            program.compile_model(model)
        entries = [self._repeat(index, name, tokenizer, model) for index in range(self.settings.repeats)]
        cold, warm = entries[0], entries[1:]
        rates = [entry["tokens_per_s"] for entry in warm]
        figures: Variant = {
            "tokens_per_s": median(rates),
            "tokens_per_s_range": [min(rates), max(rates)],
            "time_to_first_token_s": median(entry["time_to_first_token_s"] for entry in warm),
            "compile_s": None,
        }
        if is_compiled:
            return figures | {"compile_s": max(cold["wall_s"] - median(entry["wall_s"] for entry in warm), 0.0)}
        return figures | {"compile_s_reason": NOT_COMPILED}

    def _repeat(self, index: int, name: Precision, tokenizer: Any, model: Any) -> Variant:
        settings, title = self.settings, VARIANTS[name].title
        stage = f"{title}: repeat {index + 1} of {settings.repeats}"
        total = settings.max_new_tokens * settings.repeats * len(settings.precisions)
        watch = TokenWatch(self.progress, stage, self._tokens, total)
        self.progress.report(stage, self._tokens, total)
        gc.collect()
        with self.recorder.clock.measure() as timing:
            text = program.generate(tokenizer, model, settings.prompt, settings.max_new_tokens, watch)
        self._tokens += len(watch.stamps_ns)
        if len(watch.stamps_ns) != settings.max_new_tokens:
            raise RuntimeError(f"{settings.max_new_tokens} tokens were asked for, {len(watch.stamps_ns)} came")
        self.recorder.spend([{"name": f"Writing in {title}", "wall_s": timing.wall_s}])
        entry = self.recorder.repeat(
            timing, is_first=index == 0, settings={"precision": name}, **watch.figures(timing.start.ns)
        )
        if index == 0 and settings.source != "dummy":
            entry["text"] = text
            self.recorder.record["outputs"]["text"] = self.recorder.record["outputs"]["text"] or text
        return entry

    def _compared(self, name: Precision, tokenizer: Any, model: Any) -> Variant:
        """How far the predictions are from float32's; a position with NaN or infinity is counted, never left out."""
        self.progress.report(f"Comparing {VARIANTS[name].title} with float32")
        model.__dict__.pop("forward", None)  # back from the compiled forward pass
        found = program.predictions(tokenizer, model)
        self._reference = self._reference or found
        positions = sum(len(logits) for logits in found)
        broken = sum(int((~logits.isfinite()).any(-1).sum()) for logits in found)
        counted: Variant = {"positions": positions, "non_finite_positions": broken}
        kl_nats, same_top_share = program.distance(self._reference, found)
        if broken or not math.isfinite(kl_nats):
            reason = NOT_COMPARED.format(broken=broken, positions=positions)
            if name == "int8_torchao_compiled" and program.half_precision(self.settings.device) == torch.float16:
                reason += OVERFLOW
            self.recorder.note(f"{VARIANTS[name].title}: {reason}.")
            return counted | {"kl_nats": None, "kl_nats_reason": reason, "same_top_share": None}
        # Rounding can leave a hair below nothing.
        return counted | {"kl_nats": max(kl_nats, 0.0), "same_top_share": same_top_share}

    def _beside(self, limit: dict[str, Any] | str, name: Precision, figures: Variant) -> Variant:
        if isinstance(limit, str):
            return {"limit_tokens_per_s": None, "limit_tokens_per_s_reason": limit, "share_of_limit": None}
        rate, bound = figures["tokens_per_s"], limit["value"]
        if rate > bound:
            told = ABOVE.format(rate=significant(rate), limit=significant(bound))
            self.recorder.note(f"{VARIANTS[name].title}: {told}")
        return {"limit_tokens_per_s": bound, "limit_basis": limit["basis"], "share_of_limit": rate / bound}


def _import_library(name: Precision) -> None:
    """Import what this precision needs beside torch, so that the load does not hold it."""
    for library, module in LIBRARIES.items():
        if library in name:
            importlib.import_module(module)


def _reason(error: Exception, device: str) -> str:
    """Why a precision cannot run here, in one line."""
    if isinstance(error, ImportError):
        text = f"a library that it needs cannot be imported: {error}"
    else:
        text = explain(error, device).message
    line = next(iter(text.strip().splitlines()), type(error).__name__)
    return line if len(line) <= REASON_LENGTH else line[: REASON_LENGTH - 1] + "…"
