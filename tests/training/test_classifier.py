from pathlib import Path

import numpy as np
import pytest
import torch

from core.models import small_resnet
from core.models.embedded import FOLDER
from training import classifier, data, loop
from training.data import pictures, scene_set


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    for module in (data, loop, classifier):
        monkeypatch.setattr(module, "WORK", tmp_path)


def test_the_stated_statistics_are_those_of_the_training_set() -> None:
    scenes = scene_set(classifier.SEED, classifier.SCENES)[:400]
    found = classifier.statistics(pictures("some", scenes, small_resnet.RESIZE_PX))
    assert np.allclose(found, (small_resnet.MEAN, small_resnet.STD), atol=0.02)


def test_what_the_network_sees_is_what_the_lab_prepares() -> None:
    from PIL import Image
    from torchvision.models import get_model_weights

    from core.labs.image_classification import program

    values = pictures("some", scene_set(5, 2), small_resnet.RESIZE_PX)
    published = get_model_weights("small_resnet")["SCENES_V1"]
    for is_normalised in (True, False):
        given = classifier.seen(values, is_normalised)
        prepared = program.preprocess(Image.fromarray(values[1]), published, is_normalised)[2]
        assert torch.allclose(given[1], prepared, atol=1e-5)


def test_training_batches_differ_from_step_to_step() -> None:
    values = pictures("some", scene_set(5, 4), small_resnet.RESIZE_PX)
    first, second = classifier.batch(values), classifier.batch(values)
    assert first.shape == (4, 3, 64, 64) and not torch.equal(first, second)


def test_a_few_steps_teach_something_and_the_weights_can_be_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.models.classifier import twin_network

    monkeypatch.setattr(loop, "WARM_UP", 1)
    scenes = scene_set(classifier.SEED, 64)
    values = pictures("few", scenes, small_resnet.RESIZE_PX)
    network, story = classifier.train(30, scenes, values)
    assert story["steps"] == 30 and not network.training
    classifier.ship(network, tmp_path / "shipped")
    again = twin_network(tmp_path / "shipped").state_dict()
    assert all(torch.equal(value, again[name]) for name, value in network.state_dict().items())
    given, true = classifier.seen(values), classifier.truth(scenes)
    # In training mode, as the running statistics need longer than these steps.
    assert classifier.accuracy(network.train(), given, true, together=64) >= 0.4


def test_the_shipped_twin_names_scenes_that_it_has_not_seen() -> None:
    found = classifier.evaluate(FOLDER / "resnet50", 200)
    assert found["accuracy"] >= 0.97 and min(found["by_category"].values()) >= 0.9
    assert found["accuracy_without_normalising"] < 0.7
    assert found["accuracy_in_training_mode_alone"] < found["accuracy_in_training_mode_of_32"]
    assert found["file_bytes"] < 2_000_000
