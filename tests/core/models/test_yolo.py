from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.config import ROOT

SHIPPED = ROOT / "embedded_models" / "yolov8n-seg"
NAMES = {0: "house", 1: "boat"}

pytestmark = pytest.mark.usefixtures("own_settings")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder as it is shipped, of a network with random weights, two classes and a side of 96 pixels."""
    import torch
    from safetensors.torch import save_file

    from core.models import yolo

    architecture = yolo.yaml_model_load(yolo.ARCHITECTURE)
    architecture |= {"nc": 2, "scales": {architecture["scale"]: [0.33, 0.0625, 128]}, "names": NAMES, "imgsz": 96}
    torch.manual_seed(3)
    weights = yolo.SegmentationModel(architecture, verbose=False).state_dict()
    folder = tmp_path / "tiny"
    folder.mkdir()
    yolo.YAML.save(folder / yolo.TWIN_ARCHITECTURE, architecture)
    save_file(weights, folder / yolo.TWIN_WEIGHTS)
    return folder


def test_assembled_file_holds_the_shipped_weights_names_and_side(tiny, tmp_path):
    from safetensors.torch import load_file
    from ultralytics import YOLO

    from core.models.yolo import TWIN_WEIGHTS, write_twin

    write_twin(tiny, tmp_path / "twin.pt")
    model = YOLO(tmp_path / "twin.pt")
    shipped = load_file(tiny / TWIN_WEIGHTS)
    assert (model.task, model.names, model.overrides["imgsz"]) == ("segment", NAMES, 96)
    held = model.model.state_dict()
    assert held.keys() == shipped.keys()
    # The .pt file is in float16, as the published one is.
    assert all((value == shipped[name].to(value.dtype).half()).all() for name, value in held.items() if value.ndim)
    model.predict(Image.new("RGB", (100, 60)), verbose=False)


def test_assembling_leaves_the_random_numbers_of_the_program_alone(tiny, tmp_path):
    import torch

    from core.models.yolo import write_twin

    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    write_twin(tiny, tmp_path / "twin.pt")
    assert torch.equal(torch.rand(3), expected)


def test_weights_that_do_not_fit_are_refused(tiny, tmp_path):
    from safetensors.torch import load_file, save_file

    from core.models.yolo import TWIN_WEIGHTS, write_twin

    weights = load_file(tiny / TWIN_WEIGHTS)
    del weights["model.0.conv.weight"]
    save_file(weights, tiny / TWIN_WEIGHTS)
    with pytest.raises(RuntimeError, match="Missing key"):
        write_twin(tiny, tmp_path / "twin.pt")
    assert not (tmp_path / "twin.pt").exists()


@pytest.mark.skipif(not SHIPPED.exists(), reason="the trained detector is not in embedded_models yet")
def test_shipped_twin_finds_the_drawn_object_in_held_out_scenes(tmp_path):
    import torch
    from ultralytics import YOLO

    from core.models.yolo import write_twin
    from training.scenes import draw, random_scene

    torch.set_num_threads(1)
    write_twin(SHIPPED, tmp_path / "twin.pt")
    model = YOLO(tmp_path / "twin.pt")
    assert model.names == {0: "house", 1: "boat", 2: "tree", 3: "cat"}
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 8_000_000
    right, overlaps = 0, []
    for number in range(12):
        name = model.names[number % 4]
        drawing = draw(random_scene(np.random.default_rng((77, number)), object=name), (64, 256, 512)[number % 3])
        found = model.predict(drawing.picture, verbose=False)[0]
        if len(found.boxes) and model.names[int(found.boxes.cls[0])] == name:
            right += 1
            overlaps.append(overlap(found, np.asarray(drawing.mask) > 127))
    assert right >= 10
    assert np.mean(overlaps) > 0.7


def overlap(found, mask: np.ndarray) -> float:
    """Intersection over union of the surest find's outline, drawn as the lab draws it, and the true mask."""
    from PIL import ImageDraw

    outline = Image.new("1", mask.shape[::-1])
    ImageDraw.Draw(outline).polygon([(float(x), float(y)) for x, y in found.masks.xy[0]], fill=1)
    drawn = np.asarray(outline)
    return float((drawn & mask).sum() / (drawn | mask).sum())
