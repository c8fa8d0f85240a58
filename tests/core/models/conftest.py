"""What the tests of the models share: a Progress that remembers, and twins that are written once."""

from pathlib import Path

import pytest

from core.config import config
from core.errors import RunCancelled
from core.measure.progress import Progress
from core.models.checkpoint import Checkpoint, checkpoint


class Reports:
    """A Progress that keeps every report and asks to stop once it has had `stop_after` of them."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.seen: list[tuple[str, int, int]] = []
        self.rates: list[float | None] = []
        self.stop_after = stop_after

    def report(
        self, stage: str, step: int = 0, steps: int = 0, text: str | None = None, bytes_per_s: float | None = None
    ) -> None:
        self.seen.append((stage, step, steps))
        self.rates.append(bytes_per_s)

    def check(self) -> None:
        if self.stop_after is not None and len(self.seen) >= self.stop_after:
            raise RunCancelled("You stopped this run.")


@pytest.fixture
def reports() -> Progress:
    return Reports()


@pytest.fixture(scope="session")
def twins_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that lives as long as the test session."""
    return tmp_path_factory.mktemp("twins")


@pytest.fixture
def twin(twins_cache: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Checkpoint:
    """The twin whose model id the test's parameter names, written once per test session."""
    monkeypatch.setenv("VRAM_LAB_CACHE_DIR", str(twins_cache))
    config.cache_clear()
    return checkpoint(request.param, "embedded", Reports())
