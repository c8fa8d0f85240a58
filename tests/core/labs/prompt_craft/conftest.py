"""One run of the lab that several tests look at, and the twin's tokenizer."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from core.config import ROOT
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.models.tokenizer_files import write_clip_tokenizer
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
