"""What the tests of the labs share: twins that are written once, no Hub, and a Progress that remembers."""

import gc
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.config import Config, config
from core.errors import RunCancelled
from core.models.resident import Resident
from core.runs.registry import LABS


class Watcher:
    """A Progress that keeps every report, and stops the run when `stop_when` says so."""

    def __init__(self, stop_when: Callable[["Watcher"], bool] = lambda watcher: False) -> None:
        self.seen: list[tuple[str, int, int]] = []
        self.texts: list[str] = []
        self.landed_s: list[float] = []
        self.previews: list[tuple[bytes, int]] = []
        self.memories: list[dict[str, Any]] = []
        self.rates: list[float] = []
        self.limits: list[float] = []
        self.values: list[tuple[str, int, float]] = []
        self.waiting = 0
        self._stop_when = stop_when

    def report(
        self, stage: str, step: int = 0, steps: int = 0, text: str | None = None, bytes_per_s: float | None = None
    ) -> None:
        self.seen.append((stage, step, steps))
        if text is not None:
            self.texts.append(text)

    def landed(self, wall_s: float) -> None:
        self.landed_s.append(wall_s)

    def preview(self, picture: bytes, step: int) -> None:
        self.previews.append((picture, step))

    def memory(self, facts: dict[str, Any]) -> None:
        self.memories.append(facts)

    def rate(self, per_s: float) -> None:
        self.rates.append(per_s)

    def limit(self, steps_per_s: float) -> None:
        self.limits.append(steps_per_s)

    def value(self, name: str, step: int, value: float) -> None:
        self.values.append((name, step, value))

    def others_wait(self) -> bool:
        return self.waiting > 0

    def give_way(self) -> int:
        self.waiting -= 1
        return 1

    def check(self) -> None:
        if self._stop_when(self):
            raise RunCancelled("You stopped this run.", "Start it again when you like.")

    @property
    def step(self) -> int:
        return self.seen[-1][1] if self.seen else 0


@pytest.fixture(scope="session", autouse=True)
def libraries() -> Iterator[None]:
    """Import what the labs use and take it out of garbage collection: every run collects several times."""
    for lab in LABS:
        importlib.import_module(f"core.labs.{lab}.run")
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def labs_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that lives as long as the test session."""
    return tmp_path_factory.mktemp("labs")


@pytest.fixture(autouse=True)
def twins(own_settings: Config, labs_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twins are written once per session, and nothing is asked of the Hub."""
    monkeypatch.setenv("VRAM_LAB_CACHE_DIR", str(labs_cache))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    config.cache_clear()


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def resident() -> Resident:
    return Resident()
