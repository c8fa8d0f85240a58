"""Trains the detector: YOLOv8-seg at an eighth of its widths, on drawn scenes. python -m training.detector

The architecture file, the losses and the trainer are ultralytics' own. Half of the pictures are drawn at a size that
people use, half at 64 pixels and enlarged, as the picture twins' are; most show one object, some none, two or three.

    >>> write_set(WORK / "detector" / "some", seed=1, count=10)       # pictures, outlines and data.yaml
    >>> evaluate(EMBEDDED / "yolov8n-seg", pictures=300)["mask_map50"]
"""

import csv
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageFilter

from core.models.environment import prepare
from training.data import WORK
from training.scenes import OBJECTS, Drawing, Place, Scene, draw, random_scene

FOLDER = (WORK / "detector").resolve()
os.environ.setdefault("YOLO_CONFIG_DIR", str(FOLDER / "settings"))
os.environ.setdefault("MPLCONFIGDIR", str(FOLDER / "settings"))

prepare()

import matplotlib  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from ultralytics import YOLO  # noqa: E402
from ultralytics.data.converter import merge_multi_segment  # noqa: E402
from ultralytics.nn.tasks import yaml_model_load  # noqa: E402
from ultralytics.utils import USER_CONFIG_DIR, YAML  # noqa: E402

from core.models.yolo import ARCHITECTURE, TWIN_ARCHITECTURE, TWIN_WEIGHTS, write_twin  # noqa: E402

SEED, HELD_OUT_SEED, PICTURES, HELD_OUT, EPOCHS = 31, 32, 2400, 300, 20
IMGSZ = 192
"""Side of the square that the network sees, in pixels."""
SCALE = (0.33, 0.125, 256)
"""Depth, width and most channels; YOLOv8n has 0.33, 0.25 and 1024."""
NAMES = OBJECTS[1:]
SMALL_SIDE, SIDES = 64, (256, 384, 512, 768)
COUNTS = (0.12, 0.6, 0.2, 0.08)
"""Shares of the pictures with no, one, two and three objects."""
ENLARGING = (
    Image.Resampling.NEAREST,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
BLURS = (0, 0, 0.4, 0.7)
"""Radius in pixels of the 64-pixel pictures: a drawing network is not always sharp."""
SHIPPED = Path(__file__).parent.parent / "embedded_models" / "yolov8n-seg"
HOW: dict[str, Any] = {
    "imgsz": IMGSZ,
    "epochs": EPOCHS,
    "batch": 16,
    # Every batch is a step: by default gradients are gathered over 64 pictures.
    "nbs": 16,
    "optimizer": "AdamW",
    "lr0": 0.003,
    "cos_lr": True,
    "warmup_epochs": 1.0,
    "seed": SEED,
    "workers": 0,
    "scale": 0.3,
    "hsv_s": 0.4,
    "hsv_v": 0.3,
    # The pictures hold several objects already.
    "mosaic": 0.0,
    "val": False,
    # These would fetch a font and a network from the internet.
    "plots": False,
    "amp": False,
    "pretrained": False,
}


@dataclass(frozen=True)
class Example:
    """A picture (RGB, IMGSZ x IMGSZ) and the name and mask (bool, same size) of each object in it, farthest first."""

    picture: Image.Image
    objects: tuple[tuple[str, np.ndarray], ...]


def example(random: np.random.Generator) -> Example:
    """One picture of the data set."""
    scenes = _scenes(random)
    side = SMALL_SIDE if random.uniform() < 0.5 else int(random.choice(SIDES))
    drawings = [draw(scene, side, foot=scenes[0].object) for scene in scenes]
    picture, method = drawings[0].picture, Image.Resampling.BILINEAR
    for drawing in drawings[1:]:
        # All have the same background, so only the object is taken over, with the outline that a comic has.
        picture.paste(drawing.picture, mask=drawing.mask.filter(ImageFilter.MaxFilter(3)))
    if side == SMALL_SIDE:
        picture = picture.filter(ImageFilter.GaussianBlur(float(random.choice(BLURS))))
        method = ENLARGING[random.integers(len(ENLARGING))]
        picture = picture.resize((int(random.choice(SIDES)),) * 2, method)
    return Example(picture.resize((IMGSZ, IMGSZ), Image.Resampling.BILINEAR), _visible(scenes, drawings))


def _scenes(random: np.random.Generator) -> list[Scene]:
    """The same scene with each of its objects, farthest first."""
    count = int(random.choice(len(COUNTS), p=COUNTS))
    names = [str(name) for name in random.permutation(NAMES)[:count]]
    base = random_scene(random, object=names[0] if names else "none")
    if count < 2:
        return [base]
    xs = random.permutation(np.linspace(0.22, 0.78, count)) + random.uniform(-0.05, 0.05, count)
    ys, heights = np.sort(random.uniform(0.8, 0.95, count)), random.uniform(0.25, 0.5, count)
    places = [Place(float(x), float(y), float(height)) for x, y, height in zip(xs, ys, heights, strict=True)]
    return [replace(base, object=name, place=place) for name, place in zip(names, places, strict=True)]


def _visible(scenes: Sequence[Scene], drawings: Sequence[Drawing]) -> tuple[tuple[str, np.ndarray], ...]:
    """What can be seen of each object behind those in front of it."""
    free, seen = np.ones((IMGSZ, IMGSZ), dtype=bool), []
    for scene, drawing in zip(reversed(scenes), reversed(drawings), strict=True):
        mask = np.asarray(drawing.mask.resize((IMGSZ, IMGSZ), Image.Resampling.BILINEAR)) > 127
        if (mask & free).any():
            seen.append((scene.object, mask & free))
        free &= ~mask
    return tuple(reversed(seen))


def outline(mask: np.ndarray) -> np.ndarray:
    """One polygon [point, x y], 0 to 1, around all parts of a mask: thin bridges join those that are apart."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    parts = [part.reshape(-1, 2) for part in found if len(part) > 2]
    joined = np.concatenate(merge_multi_segment([part.tolist() for part in parts])) if len(parts) > 1 else parts[0]
    # Contours run through the middles of pixels.
    return np.asarray((joined + 0.5) / mask.shape[::-1])


def write_set(folder: Path, seed: int, count: int) -> Path:
    """Write pictures and outlines as ultralytics reads them, unless they are there. Returns `folder`."""
    if folder.exists():
        return folder
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    for kind in ("images", "labels"):
        (part / kind).mkdir(parents=True)
    for index in range(count):
        drawn = example(np.random.default_rng((seed, index)))
        drawn.picture.save(part / "images" / f"{index:05}.png")
        (part / "labels" / f"{index:05}.txt").write_text("".join(map(_line, drawn.objects)))
    return part.rename(folder)


def _line(labelled: tuple[str, np.ndarray]) -> str:
    name, mask = labelled
    return " ".join([str(NAMES.index(name)), *(f"{value:.5f}" for value in outline(mask).ravel())]) + "\n"


def listing(train: Path, held_out: Path) -> Path:
    """The file that tells ultralytics where the pictures are and what the classes are called."""
    path = train / "data.yaml"
    sets = {"train": str(train / "images"), "val": str(held_out / "images")}
    YAML.save(path, {"path": str(train), **sets, "names": dict(enumerate(NAMES))})
    return path


def architecture() -> dict[str, Any]:
    """Ultralytics' own architecture with our scale; names and imgsz go along for the one who reads the weights."""
    found = yaml_model_load(ARCHITECTURE)
    del found["yaml_file"]
    found |= {"nc": len(NAMES), "scales": {found["scale"]: list(SCALE)}}
    return {**found, "names": dict(enumerate(NAMES)), "imgsz": IMGSZ}


def train(run: Path, how: dict[str, Any], pictures: int, held_out: int) -> Any:
    """The trained network; goes on after the last whole epoch if it was stopped."""
    last = run / "weights" / "last.pt"
    if last.exists():
        model = YOLO(last)
        # Ultralytics writes -1 once all epochs are done.
        if model.ckpt["epoch"] >= 0:
            model.train(resume=True)
        return YOLO(last).model
    sets = (write_set(run.parent / f"{SEED}-{pictures}", SEED, pictures), _held_out(held_out))
    YAML.save(run.parent / TWIN_ARCHITECTURE, architecture())
    model = YOLO(run.parent / TWIN_ARCHITECTURE)
    model.train(data=str(listing(*sets)), project=str(run.parent), name=run.name, exist_ok=True, **how)
    return YOLO(last).model


def _held_out(count: int) -> Path:
    return write_set(FOLDER / f"{HELD_OUT_SEED}-{count}", HELD_OUT_SEED, count)


def prevent_downloads() -> None:
    """Put another font where ultralytics looks for Arial, which it would fetch, though nothing is written with it."""
    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    shutil.copy(font, USER_CONFIG_DIR / "Arial.ttf")


def ship(model: Any, folder: Path) -> None:
    """Write the weights in float16, and the architecture beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    YAML.save(folder / TWIN_ARCHITECTURE, architecture())
    values = {name: value.half() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    save_file({name: value.contiguous() for name, value in values.items()}, folder / TWIN_WEIGHTS)
    # It is written for its owner alone.
    (folder / TWIN_WEIGHTS).chmod(0o644)


def evaluate(folder: Path, pictures: int) -> dict[str, Any]:
    """What the shipped twin finds in `pictures` held-out scenes, and how often it names the object of a 64-pixel one.

    Returns:
        mask_map50, box_map50 (ultralytics' own, 0 to 1), right_at_64 (share of 64-pixel pictures, enlarged, in which
        the surest find is the object drawn), right_natively (the same, drawn at SIDES[1]), pictures, imgsz,
        parameters, file_bytes.
    """
    prevent_downloads()
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_twin(folder, FOLDER / "twin.pt")
    model = YOLO(FOLDER / "twin.pt")
    held_out = _held_out(pictures)
    found = model.val(
        data=str(listing(held_out, held_out)),
        imgsz=IMGSZ,
        workers=0,
        plots=False,
        verbose=False,
        project=str(FOLDER),
        name="val",
        exist_ok=True,
    )
    return {
        "mask_map50": round(float(found.seg.map50), 4),
        "box_map50": round(float(found.box.map50), 4),
        "right_at_64": right(YOLO(FOLDER / "twin.pt"), pictures, SMALL_SIDE),
        "right_natively": right(YOLO(FOLDER / "twin.pt"), pictures, SIDES[1]),
        "pictures": pictures,
        "imgsz": IMGSZ,
        "parameters": sum(value.numel() for value in model.model.parameters()),
        "file_bytes": (folder / TWIN_WEIGHTS).stat().st_size,
    }


def right(model: Any, pictures: int, side: int) -> float:
    """Share of one-object scenes, drawn at `side` and enlarged to the largest size, whose surest find is the object."""
    hits = 0
    for index in range(pictures):
        random = np.random.default_rng((HELD_OUT_SEED, index, side))
        scene = random_scene(random, object=str(random.choice(NAMES)))
        method = ENLARGING[index % len(ENLARGING)]
        picture = draw(scene, side).picture.resize((SIDES[-1],) * 2, method)
        classes = model.predict(picture, imgsz=IMGSZ, verbose=False)[0].boxes.cls
        hits += len(classes) > 0 and NAMES[int(classes[0])] == scene.object
    return round(hits / pictures, 4)


def seconds_of(run: Path) -> float:
    """Time spent in epochs, in seconds, over all starts: ultralytics' clock begins again at 0 after a stop."""
    with (run / "results.csv").open() as file:
        times = [float(row["time"]) for row in csv.DictReader(file, skipinitialspace=True)]
    return sum(now - before if now > before else now for before, now in zip([0.0, *times], times, strict=False))


def main() -> None:
    prevent_downloads()
    run = FOLDER / "run"
    ship(train(run, HOW, PICTURES, HELD_OUT), SHIPPED)
    story = {
        "epochs": EPOCHS,
        "training_pictures": PICTURES,
        "steps": EPOCHS * -(-PICTURES // HOW["batch"]),
        "seconds": round(seconds_of(run)),
        "seed": SEED,
        "held_out_seed": HELD_OUT_SEED,
        **evaluate(SHIPPED, HELD_OUT),
    }
    (WORK / "detector.json").write_text(json.dumps(story, indent=1))
    print(json.dumps(story))


if __name__ == "__main__":
    main()
