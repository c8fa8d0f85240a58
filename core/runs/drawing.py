"""What the two picture labs share: a watched denoising loop, and one measured picture.

Progress counts evaluations of the UNet, not steps: some schedulers evaluate more often than they count (PNDM 6 for 5).
"""

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any

from core.measure.clocks import Stamp
from core.measure.environment import app_version, package_versions
from core.measure.progress import Progress
from core.measure.recorder import Recorder
from core.runs.phases import Phases

DENOISING = "Denoising"
TEXT = "Encoding the prompt"
DECODING = "Decoding the picture"
ENCODING = "Encoding the picture"
SAFETY = "Safety check"
PREVIEWS = "Decoding the previews"
PIPELINE = "a pipeline as it was read"
"""What labs share in memory (`core.runs.loading`) that read the same pipeline and leave it as it was."""


class StepWatch:
    """Called after every evaluation: reports it, reads memory now and then, and stops the run when asked to.

    An exception out of the callback leaves the pipeline as it was: schedulers start anew with every picture.
    """

    def __init__(self, recorder: Recorder, progress: Progress, total: int) -> None:
        self.stage = ""
        self.done = 0
        self.total = total
        self.phases: Phases | None = None
        self.stamps: list[Stamp] = []
        self.own_ns = 0
        self._recorder = recorder
        self._progress = progress

    def begin(self, stage: str) -> None:
        """Say which picture comes next."""
        self.stage = stage
        self.stamps, self.own_ns = [], 0
        self._progress.check()
        self._progress.report(stage, self.done, self.total)

    def __call__(self, pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """The pipeline's own callback.

        Raises:
            RunCancelled, RunTimedOut: from progress.check.
        """
        begun_ns = perf_counter_ns()
        self.stamps.append(self._recorder.clock.stamp())
        self.done += 1
        self._recorder.timeline.sample()
        self._progress.report(self.stage, self.done, self.total)
        self._progress.check()
        self.own_ns += perf_counter_ns() - begun_ns
        return tensors

    def end(self) -> None:
        """Called after the last picture, also when the run was stopped; a plain watch keeps nothing."""


def measured_picture(
    draw: Callable[[Phases], Any],
    networks: dict[str, Any],
    recorder: Recorder,
    watch: StepWatch,
    extra: dict[str, Any],
) -> tuple[Any, dict[str, Any]]:
    """Time one call of a pipeline. Returns what it returned and the new entry of `repeats`.

    Args:
        draw: is given the phases, to begin one by hand.
        networks: phase name -> module; has to contain DENOISING.
        watch: what the pipeline calls after every step.
        extra: figures and settings to stand in the entry.
    """
    gc.collect()
    with Phases(recorder.clock, networks) as phases:
        watch.phases = phases
        with recorder.clock.measure() as timing:
            result = draw(phases)
    stages = phases.stages(timing.start, timing.end)
    evaluations = phases.calls[DENOISING]
    denoising_s = next(stage["wall_s"] for stage in stages if stage["name"] == DENOISING)
    figures = {"evaluations": evaluations, "seconds_per_evaluation": denoising_s / evaluations, "stages": stages}
    figures |= {"step_s": phases.steps(DENOISING, watch.stamps), "observer_s": watch.own_ns / 1e9}
    if phases.aside_s:
        figures["previews_s"] = phases.aside_s
        stages.append({"name": PREVIEWS, "wall_s": phases.aside_s})
    recorder.timeline.sample()
    recorder.spend(stages)
    return result, recorder.repeat(timing, **extra, **figures)


def most_memory(recorder: Recorder, device: str) -> tuple[str, int | None]:
    """The meter and the most bytes since its peaks were reset: of tensors on a GPU, of the program otherwise.

    Other models that are loaded are left out. None where the meter has no peak.
    """
    meter = "process_rss_bytes" if device == "cpu" else "allocated_bytes"
    peak = recorder.raise_peak().get(meter)
    return meter, peak - recorder.record["memory"]["resident_bytes"] if isinstance(peak, int) else None


@contextmanager
def readings_at_the_end(recorder: Recorder) -> Iterator[None]:
    """Read memory after the block, also when it was stopped."""
    try:
        yield
    finally:
        recorder.read("after_run")
        recorder.raise_peak()


def provenance(recorder: Recorder) -> dict[str, Any]:
    """What every picture carries inside its file beside its own settings: where, by what and when it was made."""
    record = recorder.record
    return {
        "lab": record["lab"],
        "settings": record["settings"],
        "device": record["device"]["name"],
        "models": [model["title"] for model in record["models"]],
        "weights": [model["label"] for model in record["models"]],
        "dtype": (record["model"] or {}).get("dtype"),
        "versions": {name: found for name, found in package_versions().items() if found},
        "app": app_version(),
        "created_at": record["created_at"],
        "run": record["id"],
    }


def quiet_pipe(pipe: Any) -> Any:
    """The pipeline without its own progress bar."""
    pipe.set_progress_bar_config(disable=True)
    return pipe


def as_pipeline(kind: Any, pipe: Any) -> Any:
    """The networks of a pipeline, which labs share in memory, in a pipeline of this class; itself where it is one."""
    if type(pipe) is kind:
        return pipe
    return quiet_pipe(kind(**pipe.components, requires_safety_checker=False))


def a_seed(seed: int | None) -> int:
    """The seed itself, or a new one where none was given."""
    return random.randrange(2**32) if seed is None else seed
