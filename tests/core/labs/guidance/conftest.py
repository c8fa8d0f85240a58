"""The twin's pipeline, read once, and one run of the lab that several tests look at."""

from typing import Any

import pytest
import torch

from core.labs.guidance import program
from core.labs.guidance.settings import Settings
from core.measure.progress import SilentProgress
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs.drawing import quiet_pipe
from core.runs.execution import Outcome, execute
from core.runs.threads import use_threads

PROMPT = "A calm sea at sunset with a sailing boat, digital art"
SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "num_inference_steps": 4, "repeats": 2}


@pytest.fixture(scope="session")
def pipe() -> Any:
    use_threads(Settings(source="embedded", device="cpu"))
    path = checkpoint("stable-diffusion-1.5", "embedded", SilentProgress()).path
    return quiet_pipe(program.load(path, "cpu", torch.float32, None, stage=lambda name: None))


@pytest.fixture(scope="session")
def kept() -> Resident:
    """The twin, loaded once."""
    return Resident()


@pytest.fixture(scope="module")
def outcome(kept: Resident) -> Outcome:
    found = execute("guidance", SETTINGS | {"looks": 2}, SilentProgress(), kept)
    assert found.record["state"] == "finished", found.record["error"]
    return found
