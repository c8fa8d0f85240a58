"""The shipped runs of other machines: whole, of real machines, found by what a page asks for."""

import json
from pathlib import Path

import pytest

from core.labs.load_model.settings import Settings
from core.measure.gpus import SIMULATED
from core.quiz.evidence import REDUCE, preset, values_of
from core.quiz.loading import load_bank
from core.runs.parsing import parse_settings
from core.runs.recorded import FOLDER, recorded_run
from core.runs.registry import LABS
from tests.core.measure.run_schema import assert_valid

FILES = sorted(FOLDER.glob("*.json"))
BANK = load_bank(FOLDER.parent / "quiz_bank.yaml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recorded_run_is_a_whole_record_of_a_named_machine(path: Path) -> None:
    record = json.loads(path.read_text())
    assert_valid(record)
    assert record["state"] == "finished" and record["environment"]["machine"]
    assert SIMULATED not in path.read_text() and str(Path.home()) not in path.read_text()
    parse_settings(LABS[record["lab"]], record["settings"])


@pytest.mark.parametrize("name", ["Q5", "Q6", "Q7"])
def test_the_recorded_run_of_a_question_for_a_gpu_is_near_its_reference(name: str) -> None:
    question = BANK.question(name)
    record = recorded_run(question.lab.name, LABS[question.lab.name].settings(**question.lab.settings))
    assert record is not None
    assert question.key and question.key.reference
    found = REDUCE[question.key.reduce](values_of(question, record))
    assert found == pytest.approx(question.key.reference.value, rel=0.1)
    assert preset(question)["device"] == record["device"]["type"] == "cuda"


def test_a_run_of_another_model_or_another_sweep_is_not_shown() -> None:
    assert recorded_run("load_model", Settings(model="stable-diffusion-1.5", device="cuda")) is not None
    assert recorded_run("load_model", Settings(model="sdxl-inpainting", device="cuda")) is None
    seeds = BANK.question("Q8").lab.settings
    assert recorded_run("text_to_image", LABS["text_to_image"].settings(**seeds)) is None
