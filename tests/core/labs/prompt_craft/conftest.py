"""One run of the lab that several tests look at, and the twin's tokenizer."""

from typing import Any

import pytest
from transformers import AutoTokenizer

from core.config import ROOT
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import Outcome, execute

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "num_inference_steps": 4, "last_steps": 5}


@pytest.fixture(scope="session")
def kept() -> Resident:
    """Twin and judge, loaded once."""
    return Resident()


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(ROOT / "embedded_models" / "stable-diffusion-1.5" / "tokenizer")


@pytest.fixture(scope="module")
def outcome(kept: Resident) -> Outcome:
    found = execute("prompt_craft", SETTINGS, SilentProgress(), kept)
    assert found.record["state"] == "finished", found.record["error"]
    return found
