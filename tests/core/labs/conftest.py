"""What the tests of the labs share: twins that are written once, no Hub, and a Progress that remembers."""

import gc
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.config import Config, config
from core.errors import RunCancelled
from core.models.resident import Resident
from core.models.tokenizer_files import write_clip_tokenizer
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


class AsTensors:
    """CLIP as TorchMetrics asks for it: features as tensors, where transformers 5 wraps them."""

    def __init__(self, clip: Any) -> None:
        self.config, self._clip = clip.config, clip

    def to(self, device: Any) -> "AsTensors":
        return self

    def get_image_features(self, pixels: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self._clip.get_image_features(pixels).pooler_output
        return features

    def get_text_features(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self._clip.get_text_features(ids, mask).pooler_output
        return features


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


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny CLIP of random weights, as a folder that `from_pretrained` takes."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    folder = tmp_path_factory.mktemp("clip")
    small = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2, "num_hidden_layers": 2}
    text = small | {"vocab_size": 2000, "bos_token_id": 1998, "eos_token_id": 1999}
    torch.manual_seed(3)
    config = CLIPConfig(text_config=text, vision_config=small | {"image_size": 32, "patch_size": 8}, projection_dim=24)
    CLIPModel(config).save_pretrained(folder)
    write_clip_tokenizer(folder, 2000)
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder
