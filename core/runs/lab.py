"""What a lab says of itself, and what of its run record a question may ask for. No torch here."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.errors import LabError
from core.runs.memory_model import Part
from core.runs.records import Record, growth
from core.runs.settings import LabSettings, ModelSettings
from core.runs.twin_world import World
from core.units import GIB

if TYPE_CHECKING:
    from core.measure.machine import Machine


@dataclass(frozen=True)
class Measure:
    """A figure that a run yields, one value per repeat or one per run.

    Attributes:
        unit: unit of the values as the bank's ranges use it (`s`, `GiB`, `1/s`).
        values: run record -> values; empty where the run could not measure it.
        meter: which memory is meant, None for times.
    """

    unit: str
    values: Callable[[Record], list[float]]
    meter: str | None = None

    def why_not_on(self, device: str, machine: "Machine") -> str:
        """Why this machine cannot measure it on a kind of device, `cpu` or `cuda`; empty where it can."""
        if device != "cuda":
            return ""
        if not machine.gpus:
            return f"No GPU of this machine can be used: {machine.gpu_reason or 'it has none'}."
        if self.meter == "device_used" and all(gpu.no_meter for gpu in machine.gpus):
            return f"How much of this GPU was in use before CUDA started cannot be read: {machine.gpus[0].no_meter}."
        return ""


def _of_repeats(name: str) -> Callable[[Record], list[float]]:
    return lambda record: [repeat[name] for repeat in record["repeats"] if repeat.get(name) is not None]


def _growth(border: str, meter: str) -> Callable[[Record], list[float]]:
    """GiB that `meter` grew by from the baseline to `border`."""

    def values(record: Record) -> list[float]:
        grown = growth(record, border, meter)
        return [] if grown is None else [grown / GIB]

    return values


MEMORY = {
    f"{meter}_{border}": Measure("GiB", _growth(border, meter), meter)
    for meter in ("device_used", "allocated", "process_rss")
    for border in ("after_load", "after_run")
}
TIME = {"wall_s": Measure("s", _of_repeats("wall_s"))}
TEXT = {
    "time_to_first_token_s": Measure("s", _of_repeats("time_to_first_token_s")),
    "tokens_per_s": Measure("1/s", _of_repeats("tokens_per_s")),
}
IMAGES = {"images_per_s": Measure("1/s", _of_repeats("images_per_s"))}


@dataclass(frozen=True)
class Lab:
    """One experiment, as `core/labs/<name>/__init__.py` declares it.

    Attributes:
        name: its folder, and its word in the bank and on the command line.
        place: labs are listed from low to high.
        summary: one sentence on what a run does.
        models: ids of the catalog that it can run.
        fallback: what source `auto` takes where the Hub's weights are neither cached nor reachable.
        page_fallback: the same on the lab's own page, where nothing is asked.
        measures: what a question may ask of its record.
        predictable: what only a prediction is judged by, beside the measures: how the repeats of a sweep compare.
        beside_weights: what a run should need beside the weights, where that can be computed.
        too_large: why a machine cannot hold a run with these settings beyond its weights, None where it can.
        carries_over: one sentence for every result of a twin, on what holds of the real model too; a lab without models
            has none.
        helps_with: kinds of errors after which its page has something to show.
        world: what its twin knows, where it takes a prompt.
        suggestions: prompts that the twin knows, by title.
        experiments: settings that its own page offers to try, by title; all others of the experiments are as they were.
    """

    name: str
    place: int
    title: str
    summary: str
    models: tuple[str, ...] = ()
    fallback: Literal["dummy", "embedded"] = "dummy"
    page_fallback: Literal["dummy", "embedded"] | None = None
    measures: dict[str, Measure] = field(default_factory=dict)
    predictable: dict[str, Measure] = field(default_factory=dict)
    beside_weights: Callable[[ModelSettings], Part] | None = None
    too_large: Callable[[ModelSettings, "Machine"], LabError | None] | None = None
    carries_over: str = ""
    helps_with: tuple[str, ...] = ()
    world: World | None = None
    suggestions: dict[str, str] = field(default_factory=dict)
    experiments: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def settings(self) -> type[LabSettings]:
        """The lab's settings class."""
        module = importlib.import_module(f"core.labs.{self.name}.settings")
        return module.Settings  # type: ignore[no-any-return]

    @property
    def program(self) -> Path:
        """The file that runs and that the page shows."""
        return Path(str(importlib.import_module(f"core.labs.{self.name}").__file__)).with_name("program.py")

    def cell(self, settings: LabSettings, sources: dict[str, str], is_local: bool) -> str:
        """The calls that the page shows below the program.

        Args:
            sources: model -> repository, file or folder that it is loaded from.
            is_local: these are folders of this machine, and nothing is fetched.
        """
        module = importlib.import_module(f"core.labs.{self.name}.cell")
        return module.cell(settings, sources, is_local)  # type: ignore[no-any-return]
