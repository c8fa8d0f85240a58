import json
from pathlib import Path

import pytest
import torch

from training import loop
from training.loop import Training


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(loop, "WORK", tmp_path)
    return tmp_path


def a_training(steps: int, name: str = "line") -> Training:
    torch.manual_seed(0)
    return Training(name, {"line": torch.nn.Linear(1, 1)}, steps, learning_rate=0.05, is_averaged=True)


def descend(training: Training, until: int | None = None) -> None:
    line = training.modules["line"]
    for step in training:
        x = torch.randn(8, 1)
        training.descend((line(x) - 3 * x - 1).square().mean())
        if step + 1 == until:
            training.step += 1
            training._save()
            return


def weights(training: Training) -> list[float]:
    return [value.item() for value in training.modules["line"].parameters()]


def test_a_training_learns_and_ends_with_the_average(work: Path) -> None:
    training = a_training(1500)
    descend(training)
    last = weights(training)
    story = training.finish()
    assert weights(training) == pytest.approx([3, 1], abs=0.1) and weights(training) != last
    assert json.loads((work / "line.json").read_text()) == story and story["steps"] == 1500


def test_a_stopped_training_goes_on_to_the_same_result() -> None:
    whole = a_training(40, "whole")
    descend(whole)
    descend(a_training(40), until=15)
    resumed = a_training(40)
    assert resumed.step == 15
    descend(resumed)
    assert weights(resumed) == weights(whole)


def test_a_finished_training_is_not_repeated() -> None:
    descend(a_training(5))
    assert list(a_training(5)) == []
