"""Every lab from the command line: one JSON document that keeps to the schema the project ships."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import ROOT
from core.runs.registry import LABS
from tests.core.measure.run_schema import assert_valid

QUICK: dict[str, list[str]] = {
    "runtime": [],
    "load_model": ["--source", "embedded"],
    "text_generation": ["--source", "embedded", "--set", "max_new_tokens=5"],
    "text_to_image": ["--source", "embedded", "--set", "num_inference_steps=3"],
    "guidance": ["--source", "embedded", "--set", "num_inference_steps=2", "--set", "looks=1", "--set", "scales=[1]"],
    "prompt_craft": [
        "--source",
        "embedded",
        "--set",
        "num_inference_steps=1",
        "--set",
        "most_words=1",
        "--set",
        "last_steps=2",
    ],
    "inpainting": ["--source", "embedded", "--set", "num_inference_steps=3"],
    "image_classification": ["--source", "embedded", "--set", "batch_sizes=[1,2]", "--repeats", "2"],
    "precision": ["--source", "embedded", "--set", "max_new_tokens=4", "--set", 'precisions=["float32","bfloat16"]'],
    "optimisation": ["--source", "embedded", "--set", "max_new_tokens=4", "--set", 'variants=["eager","sdpa"]'],
    "memory_savers": [
        *("--source", "embedded", "--set", 'savers=["vae_slicing"]', "--set", "side=128"),
        *("--set", "num_inference_steps=1", "--set", "memory_limit_gib=0.05"),
    ],
    "image_to_image": [
        *("--source", "embedded", "--set", "num_inference_steps=4", "--set", "strengths=[0.5,1.0]"),
    ],
    "train_ddpm": ["--set", "steps=2", "--set", "batch=4", "--set", 'compare=["accumulation"]'],
    "ddpm": ["--source", "embedded", "--set", "ways=[]", "--set", "ddim_steps=[3]"],
    "fine_tuning": [
        *("--source", "embedded", "--set", "steps=1", "--set", "batch_size=1", "--set", "side=64"),
        *("--set", "num_inference_steps=1"),
    ],
    "text_to_video": ["--source", "embedded", "--set", "num_inference_steps=2", "--set", "num_frames=[1,2]"],
}
"""The smallest run of each lab; a new lab without one fails here."""


@pytest.mark.parametrize("lab", LABS)
def test_the_record_of_every_lab_keeps_to_the_schema(lab: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "core", "run", lab, "--device", "cpu", "--json", "--output", str(tmp_path / "out")]
    done = subprocess.run(
        [*command, *QUICK[lab]],
        cwd=ROOT,
        env=os.environ | {"VRAM_LAB_DATA_DIR": str(tmp_path), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    record = json.loads(done.stdout)
    assert (done.returncode, record["state"], record["lab"]) == (0, "finished", lab), record["error"]
    assert_valid(record)
    assert record["conditions"]["gpu_before_reason"] == "the run is not on a GPU"
