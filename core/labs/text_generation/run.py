"""Measures program.py: three passes, every token stamped on the host as it lands.

Time to the first token holds the prompt's pass (prefill); tokens per second count the rest only, (n - 1) tokens between
the first and the last stamp. The first pass is cold, and only there the text is streamed, so that the warm ones are
timed undisturbed.
"""

import gc
import random
from itertools import pairwise
from time import perf_counter_ns
from typing import Any

import torch

# The Auto classes would import this in the middle of the timed load.
import transformers.models.qwen3.modeling_qwen3  # noqa: F401

from core.labs.text_generation import program
from core.labs.text_generation.settings import Settings
from core.measure.clocks import Timing
from core.measure.limits import decode_limit, read_bandwidth
from core.measure.profile import Profiler
from core.measure.progress import Progress
from core.measure.recorder import Recorder
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.limit_pass import LOOKING
from core.runs.loading import Loaded, load_or_reuse, model_entry
from core.runs.planning import models_of
from core.units import significant

PROFILED_TOKENS = 8
STREAM_EVERY_NS = 250_000_000
PROMPT = "Reading the prompt"
WRITING = "Writing the other tokens"
NO_TEXT = "random weights write no text worth reading; time and memory are those of the real model"
ABOVE = (
    "{rate} tokens per second are above the limit of {limit} that was measured around this run: the memory must have "
    "been slower then, because something else used it. Run it again."
)
ONE_TOKEN = "one token has no rate: the rate is counted from the first token to the last"


class TokenWatch:
    """Takes the place of a text streamer: stamps every token, reports it, and stops the run when asked to.

    Args:
        stage: what the reader sees, e.g. "Repeat 1 of 3".
        before, total: tokens of earlier repeats and of the whole run.
        tokenizer: given where the text is to be streamed.
    """

    def __init__(self, progress: Progress, stage: str, before: int, total: int, tokenizer: Any = None) -> None:
        self.stamps_ns: list[int] = []
        self._progress = progress
        self._stage, self._before, self._total = stage, before, total
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._text: str | None = None
        self._streamed_ns = 0
        self._prompt_is_in = False
        self._own_ns = 0

    def put(self, tokens: Any) -> None:
        """Called with the prompt first, then with every new token.

        Raises:
            RunCancelled, RunTimedOut: from progress.check; `generate` ends there.
        """
        now_ns = perf_counter_ns()
        if self._tokenizer is not None:
            self._ids += tokens.reshape(-1).tolist()
        if not self._prompt_is_in:
            self._prompt_is_in = True
            return
        self.stamps_ns.append(now_ns)
        self._progress.check()
        if self._tokenizer is not None and now_ns - self._streamed_ns > STREAM_EVERY_NS:
            self._streamed_ns = now_ns
            self._text = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        self._progress.report(self._stage, self._before + len(self.stamps_ns), self._total, self._text)
        self._own_ns += perf_counter_ns() - now_ns

    def end(self) -> None:
        """Called after the last token; there is nothing left to flush."""

    def figures(self, start_ns: int) -> dict[str, Any]:
        """Time to the first token in seconds, the rate of the others per second, and each one's own seconds."""
        stamps = self.stamps_ns
        figures: dict[str, Any] = {
            "tokens": len(stamps),
            "time_to_first_token_s": (stamps[0] - start_ns) / 1e9,
            "token_s": [(second - first) / 1e9 for first, second in pairwise(stamps)],
            "observer_s": self._own_ns / 1e9,
        }
        if len(stamps) < 2:
            return figures | {"tokens_per_s": None, "tokens_per_s_reason": ONE_TOKEN}
        return figures | {"tokens_per_s": (len(stamps) - 1) * 1e9 / (stamps[-1] - stamps[0])}


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse the model, then time `settings.repeats` passes."""
    tokenizer, model = load_or_reuse(
        "text_generation",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
    )
    recorder.record["outputs"] = (
        {"text": None, "text_reason": NO_TEXT} if settings.source == "dummy" else {"text": None}
    )
    bandwidths = [read_bandwidth(model)]
    _limit(recorder, settings, tokenizer, model, bandwidths)
    try:
        for index in range(settings.repeats):
            _repeat(index, settings, tokenizer, model, recorder, progress)
        bandwidths.append(read_bandwidth(model))
    finally:
        recorder.read("after_run")
        recorder.read("peak")
        _compare(recorder, settings, tokenizer, model, bandwidths)
    _profile(recorder, settings, tokenizer, model, progress)


def _compare(recorder: Recorder, settings: Settings, tokenizer: Any, model: Any, bandwidths: list[float]) -> None:
    """Set the limit beside the rate, and say so if the rate is above it."""
    _limit(recorder, settings, tokenizer, model, bandwidths)
    limit, rates = recorder.record["limit"], [each.get("tokens_per_s") or 0 for each in recorder.record["repeats"]]
    if limit and max(rates, default=0) > limit["value"]:
        recorder.note(ABOVE.format(rate=significant(max(rates)), limit=significant(limit["value"])))


def _limit(recorder: Recorder, settings: Settings, tokenizer: Any, model: Any, bandwidths: list[float]) -> None:
    """The limit by what was measured of the memory until now."""
    context = len(tokenizer(settings.prompt).input_ids) + settings.max_new_tokens / 2
    recorder.limit(decode_limit(model, context, bandwidths))


class ProfiledTokens:
    """A streamer that profiles the decode: from the first new token on, so without the prompt's pass."""

    def __init__(self, profiler: Profiler, progress: Progress) -> None:
        self._profiler, self._progress = profiler, progress
        self._calls = 0

    def put(self, tokens: Any) -> None:
        """Called with the prompt, then with every new token."""
        self._progress.check()
        self._calls += 1
        if self._calls == 2:
            self._profiler.start()

    def end(self) -> None:
        """Called after the last token."""
        self._profiler.stop()


def _profile(recorder: Recorder, settings: Settings, tokenizer: Any, model: Any, progress: Progress) -> None:
    """Write a few more tokens under the profiler; the timed repeats are over."""
    rate = max((repeat.get("tokens_per_s") or 0 for repeat in recorder.record["repeats"]), default=0)
    if not rate:
        recorder.record["profile_reason"] = ONE_TOKEN
        return
    profiler = Profiler(settings.device)
    try:
        with recorder.stage(LOOKING):
            program.generate(
                tokenizer,
                model,
                settings.prompt,
                max_new_tokens=PROFILED_TOKENS + 1,
                do_sample=settings.do_sample,
                temperature=settings.temperature,
                seed=settings.seed,
                streamer=ProfiledTokens(profiler, progress),
            )
    finally:
        profiler.stop()
    work = {"bytes": PROFILED_TOKENS * sum(value.numel() * value.element_size() for value in model.parameters())}
    recorder.profile(profiler.result(f"{PROFILED_TOKENS} tokens", PROFILED_TOKENS / rate), **work)


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[tuple[Any, Any]]:
    weights = found[settings.model]
    dtype = getattr(torch, settings.dtype)
    tokenizer, model = program.load(weights.path, settings.device, dtype, recorder.begin_stage)
    entry = model_entry(settings.model, weights, {"model": model}, settings.dtype)
    return Loaded((tokenizer, model), [entry])


def _repeat(index: int, settings: Settings, tokenizer: Any, model: Any, recorder: Recorder, progress: Progress) -> None:
    seed = random.randrange(2**32) if settings.seed is None else settings.seed
    streamed = tokenizer if index == 0 and settings.source != "dummy" else None
    stage = f"Repeat {index + 1} of {settings.repeats}"
    done, total = index * settings.max_new_tokens, settings.repeats * settings.max_new_tokens
    watch = TokenWatch(progress, stage, done, total, streamed)
    progress.report(stage, done, total)
    gc.collect()
    with recorder.clock.measure() as timing:
        text, tokens = program.generate(
            tokenizer,
            model,
            settings.prompt,
            max_new_tokens=settings.max_new_tokens,
            do_sample=settings.do_sample,
            temperature=settings.temperature,
            seed=seed,
            streamer=watch,
        )
    _keep(timing, watch, text, tokens, seed, settings, recorder)
    if streamed is not None:
        progress.report(stage, done + tokens, total, text)


def _keep(
    timing: Timing, watch: TokenWatch, text: str, tokens: int, seed: int, settings: Settings, recorder: Recorder
) -> None:
    if tokens != settings.max_new_tokens or len(watch.stamps_ns) != tokens:
        raise RuntimeError(
            f"{settings.max_new_tokens} tokens were asked for, {tokens} came, {len(watch.stamps_ns)} seen"
        )
    figures = watch.figures(timing.start.ns)
    first_s = figures["time_to_first_token_s"]
    stages = [{"name": PROMPT, "wall_s": first_s}, {"name": WRITING, "wall_s": timing.wall_s - first_s}]
    recorder.spend(stages)
    entry = recorder.repeat(timing, seed=seed, **figures, stages=stages)
    if settings.source != "dummy":
        entry["text"] = text
        recorder.record["outputs"]["text"] = recorder.record["outputs"]["text"] or text
