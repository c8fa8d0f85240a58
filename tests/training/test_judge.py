from pathlib import Path

import pytest

from training import data, judge
from training.data import pictures, scene_set
from training.scenes import ATTRIBUTES


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "WORK", tmp_path)


def test_the_judge_knows_scenes_that_it_has_not_seen() -> None:
    scenes = scene_set(seed=999, count=200)
    found = judge.rates(judge.load(), pictures("held-out", scenes, judge.SIDE), scenes)
    assert all(found[name] >= 0.97 for name in ATTRIBUTES), found


def test_the_judge_looks_at_larger_pictures_from_further_away() -> None:
    scenes = scene_set(seed=997, count=200)
    found = judge.rates(judge.load(), pictures("large", scenes, 2 * judge.SIDE), scenes)
    assert all(found[name] >= 0.97 for name in ATTRIBUTES), found


def test_the_judge_disagrees_with_wrong_captions() -> None:
    scenes = scene_set(seed=998, count=100)
    found = judge.rates(judge.load(), pictures("held-out", scenes, judge.SIDE), scenes[1:] + scenes[:1])
    assert all(found[name] < 0.6 for name in ATTRIBUTES), found
