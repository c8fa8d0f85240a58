from functools import cache
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from PIL import Image

SHORT = {"imgsz": 64, "epochs": 2, "batch": 4}


@pytest.fixture
def detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The training with a work folder of its own; ultralytics reads its settings folder at the first import."""
    for name in ("YOLO_CONFIG_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path / "settings"))
    import torch

    from training import detector

    torch.set_num_threads(1)
    monkeypatch.setattr(detector, "FOLDER", tmp_path / "work")
    return detector


def overlap(polygon: np.ndarray, mask: np.ndarray) -> float:
    """Intersection over union of a filled polygon and a mask."""
    points = (polygon * mask.shape[::-1] - 0.5).round().astype(np.int32)
    filled = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [points], 1) > 0
    return float((filled & mask).sum() / (filled | mask).sum())


@cache
def examples(detector: ModuleType) -> list:
    return [detector.example(np.random.default_rng((1, index))) for index in range(40)]


def test_every_outline_covers_its_mask(detector):
    labelled = [pair for drawn in examples(detector) for pair in drawn.objects]
    assert {name for name, _ in labelled} == set(detector.NAMES)
    assert min(overlap(detector.outline(mask), mask) for _, mask in labelled) > 0.9


def test_outline_joins_parts_that_are_apart(detector):
    mask = np.zeros((60, 60), dtype=bool)
    mask[10:30, 10:30] = mask[35:55, 32:50] = True
    assert overlap(detector.outline(mask), mask) > 0.95


def test_pictures_hold_no_one_two_or_three_objects_and_no_two_are_the_same(detector):
    drawn = examples(detector)
    assert {len(one.objects) for one in drawn} == {0, 1, 2, 3}
    assert all(one.picture.size == (detector.IMGSZ, detector.IMGSZ) for one in drawn)
    assert len({one.picture.tobytes() for one in drawn}) == len(drawn)


def test_what_stands_in_front_hides_what_is_behind(detector):
    for drawn in examples(detector):
        covered = sum((mask.astype(int) for _, mask in drawn.objects), np.zeros((detector.IMGSZ,) * 2, int))
        assert covered.max() <= 1


def test_the_mask_lies_where_the_object_changes_the_picture(detector):
    from training.scenes import draw, random_scene, with_object

    scene = random_scene(np.random.default_rng(5), object="house", style="digital art")
    drawing, empty = draw(scene, 256), draw(with_object(scene, "none"), 256, foot="house")
    [(name, mask)] = detector._visible([scene], [drawing])
    size = (detector.IMGSZ,) * 2
    pictures = [np.asarray(one.picture.resize(size), dtype=int) for one in (drawing, empty)]
    changed = np.abs(pictures[0] - pictures[1]).max(axis=2) > 0
    assert name == "house"
    assert (changed & mask).sum() / (changed | mask).sum() > 0.9


def test_labels_are_the_outlines_in_the_classes_order_and_are_not_drawn_twice(detector, tmp_path):
    folder = detector.write_set(tmp_path / "set", seed=1, count=8)
    for index in range(8):
        drawn = detector.example(np.random.default_rng((1, index)))
        assert np.array_equal(np.asarray(Image.open(folder / "images" / f"{index:05}.png")), np.asarray(drawn.picture))
        lines = (folder / "labels" / f"{index:05}.txt").read_text().splitlines()
        assert len(lines) == len(drawn.objects)
        for line, (name, mask) in zip(lines, drawn.objects, strict=True):
            number, *values = line.split()
            assert detector.NAMES[int(number)] == name
            assert overlap(np.array(values, dtype=float).reshape(-1, 2), mask) > 0.9
    before = (folder / "images" / "00000.png").stat().st_mtime_ns
    detector.write_set(folder, seed=1, count=8)
    assert (folder / "images" / "00000.png").stat().st_mtime_ns == before


def test_a_set_whose_drawing_was_stopped_is_drawn_again(detector, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(detector, "_line", lambda labelled: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            detector.write_set(tmp_path / "set", seed=1, count=4)
    assert not (tmp_path / "set").exists()
    folder = detector.write_set(tmp_path / "set", seed=1, count=4)
    assert len(list((folder / "labels").iterdir())) == 4


def test_a_stopped_training_goes_on_and_its_weights_can_be_shipped(detector, tmp_path, capfd):
    from ultralytics import YOLO
    from ultralytics.utils.callbacks import default_callbacks

    from core.models.yolo import write_twin

    def stop(trainer) -> None:
        raise KeyboardInterrupt

    detector.FOLDER.mkdir(parents=True)
    detector.prevent_downloads()
    run, how = detector.FOLDER / "run", detector.HOW | SHORT
    default_callbacks["on_model_save"].append(stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            detector.train(run, how, pictures=8, held_out=4)
    finally:
        default_callbacks["on_model_save"].remove(stop)
    assert YOLO(run / "weights" / "last.pt").ckpt["epoch"] == 0
    model = detector.train(run, how, pictures=8, held_out=4)
    assert YOLO(run / "weights" / "last.pt").ckpt["epoch"] == -1
    assert detector.seconds_of(run) > 0

    detector.ship(model, tmp_path / "shipped")
    assert sorted(path.name for path in (tmp_path / "shipped").iterdir()) == ["architecture.yaml", "model.safetensors"]
    write_twin(tmp_path / "shipped", tmp_path / "twin.pt")
    again = YOLO(tmp_path / "twin.pt").model.state_dict()
    assert all((value == again[name]).all() for name, value in model.state_dict().items())


def test_seconds_are_added_over_all_starts(detector, tmp_path):
    (tmp_path / "results.csv").write_text("epoch,time,loss\n1,10.5,3\n2,20.5,2\n3,9,1\n4,18,1\n")
    assert detector.seconds_of(tmp_path) == 38.5


def test_nothing_is_fetched_for_writing_on_pictures(detector, monkeypatch):
    from ultralytics.utils import checks, downloads

    monkeypatch.setattr(downloads, "is_url", lambda *_, **__: pytest.fail("asked the internet for a font"))
    detector.prevent_downloads()
    assert Path(checks.check_font("Arial.ttf")).name == "Arial.ttf"
