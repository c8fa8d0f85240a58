import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.labs.inpainting import program
from core.labs.inpainting.run import BY_HAND, NOTHING_FOUND, WHY_NOTHING, painted_size
from core.labs.inpainting.settings import CELLS, Settings
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import Outcome, execute
from core.runs.pictures import SHIPPED
from core.runs.png import describe
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid
from training import scenes

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "num_inference_steps": 4, "seed": 1}
UPLOAD = "upload:" + 32 * "0"


def paint(resident: Resident, progress: Any = None, **settings: Any) -> Outcome:
    return execute("inpainting", SETTINGS | settings, progress or SilentProgress(), resident)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.fixture(scope="module")
def kept() -> Resident:
    """Both twins, loaded once for this module."""
    return Resident()


class Boxes:
    def __init__(self, box: tuple[int, int, int, int]) -> None:
        self.xyxy, self.cls, self.conf = [box], [15], [0.9]

    def __len__(self) -> int:
        return len(self.xyxy)


class Cat:
    """A detector that finds a cat, with the outline of a triangle."""

    names = {15: "cat"}  # noqa: RUF012

    def __init__(self, has_outline: bool = True) -> None:
        self.boxes = Boxes((10, 20, 30, 60))
        outline = np.array([[10, 20], [30, 20], [10, 60]])
        self.masks = type("Masks", (), {"xy": [outline]}) if has_outline else None

    def predict(self, picture: Image.Image, imgsz: int, verbose: bool) -> list[Any]:
        return [self]


def test_original_mask_and_result_come_out(kept: Resident) -> None:
    outcome = paint(kept)
    assert_valid(outcome.record)
    assert [picture.role for picture in outcome.pictures] == ["original", "mask", "result"]
    original, mask, result = (opened(picture.png) for picture in outcome.pictures)
    assert original.size == mask.size == Image.open(SHIPPED["scene"]).size
    assert result.size == (128, 128)
    assert describe(outcome.pictures[2].png)["seed"] == 1


def test_two_models_and_five_networks_are_counted(kept: Resident) -> None:
    record = paint(kept).record
    assert [model["id"] for model in record["models"]] == ["yolov8n-seg", "sdxl-inpainting"]
    assert sum(len(model["components"]) for model in record["models"]) == 5
    assert all(part["parameters"] > 0 for model in record["models"] for part in model["components"])
    assert record["model"]["id"] == "sdxl-inpainting"


def test_nothing_found_takes_the_middle_and_says_so(kept: Resident) -> None:
    out = io.BytesIO()
    Image.new("RGB", (200, 200), "grey").save(out, "PNG")
    outcome = execute("inpainting", SETTINGS | {"picture": UPLOAD}, SilentProgress(), kept, picture=out.getvalue())
    assert outcome.record["outputs"]["found"] is None
    assert NOTHING_FOUND + WHY_NOTHING["embedded"] in outcome.record["notes"]
    mask = opened(outcome.pictures[1].png)
    width, height = mask.size
    assert mask.getbbox() == (width // 4, height // 4, width * 3 // 4 + 1, height * 3 // 4 + 1)


def test_the_stages_name_every_network(kept: Resident) -> None:
    repeat = paint(kept).record["repeats"][0]
    assert [stage["name"] for stage in repeat["stages"]] == [
        "Finding the object",
        "Encoding the prompt",
        "Encoding the picture",
        "Denoising",
        "Decoding the picture",
    ]
    assert repeat["evaluations"] == 3


def test_progress_ends_at_its_total(kept: Resident, watcher: Watcher) -> None:
    paint(kept, watcher, repeats=2)
    counted = [report for report in watcher.seen if report[0].startswith("Picture")]
    assert counted[-1][1:] == (6, 6)


def test_cancel_stops_at_the_next_step(kept: Resident) -> None:
    outcome = paint(kept, Watcher(lambda seen: seen.step >= 2))
    assert outcome.record["state"] == "cancelled"
    assert [picture.role for picture in outcome.pictures] == ["original"]
    assert paint(kept).record["state"] == "finished"


def test_an_own_picture_is_painted_at_its_own_proportions(kept: Resident) -> None:
    out = io.BytesIO()
    Image.new("RGB", (400, 200), "green").save(out, "PNG")
    settings = SETTINGS | {"picture": UPLOAD, "width": 128}
    outcome = execute("inpainting", settings, SilentProgress(), kept, picture=out.getvalue())
    assert opened(outcome.pictures[0].png).size == (400, 200)
    assert opened(outcome.pictures[2].png).size == (128, 64)


def test_an_own_picture_that_is_gone_is_refused(kept: Resident) -> None:
    record = execute("inpainting", SETTINGS | {"picture": UPLOAD}, SilentProgress(), kept).record
    assert (record["state"], record["error"]["kind"]) == ("failed", "bad_picture")


def test_the_size_follows_the_picture_unless_it_is_set() -> None:
    settings = Settings(source="hub")
    assert painted_size(settings, (768, 768)) == (1024, 1024)
    assert painted_size(settings, (640, 480)) == (1024, 768)
    assert painted_size(settings, (640, 480)) == program.painting_size((640, 480))
    assert painted_size(Settings(source="hub", width=512, height=256), (640, 480)) == (512, 256)
    assert painted_size(Settings(source="embedded"), (768, 768)) == (128, 128)
    assert painted_size(Settings(source="embedded"), (900, 700)) == (128, 96)
    assert painted_size(Settings(source="embedded"), (2000, 100)) == (256, 64)


def test_a_box_or_an_outline_becomes_the_region() -> None:
    picture = Image.new("RGB", (100, 100))
    box, found = program.find_region(Cat(), picture, "box")  # type: ignore[arg-type]
    outline, _ = program.find_region(Cat(), picture, "mask")  # type: ignore[arg-type]
    assert found is not None and (found["label"], found["box"]) == ("cat", [10, 20, 30, 60])
    assert box.getbbox() == outline.getbbox() == (10, 20, 31, 61)
    assert np.asarray(outline).sum() < 0.6 * np.asarray(box).sum()


def test_an_object_without_an_outline_falls_back_to_its_box() -> None:
    mask, _ = program.find_region(Cat(has_outline=False), Image.new("RGB", (100, 100)), "mask")  # type: ignore[arg-type]
    assert mask.getbbox() == (10, 20, 31, 61)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_pictures_are_small_enough(name: str) -> None:
    assert SHIPPED[name].stat().st_size <= 150_000


def test_the_shipped_scene_is_what_the_twins_generator_draws() -> None:
    place = scenes.Place(0.52, 0.92, 0.5)
    drawn = scenes.draw(scenes.Scene("mountains", "day", "house", "digital art", place, seed=7), side=384).picture
    assert np.abs(np.asarray(drawn, int) - np.asarray(Image.open(SHIPPED["scene"]), int)).mean() < 0.5


@pytest.mark.parametrize(("source", "name"), [("embedded", "scene"), ("dummy", "table"), ("hub", "table")])
def test_the_shipped_picture_is_the_one_that_the_weights_were_made_for(source: str, name: str) -> None:
    assert Settings(source=source).settled().picture == name  # type: ignore[arg-type]
    for chosen in ("table", "scene", UPLOAD):
        assert Settings(source=source, picture=chosen).settled().picture == chosen  # type: ignore[arg-type]


def test_the_record_says_which_picture_was_used(kept: Resident) -> None:
    assert paint(kept).record["settings"]["picture"] == "scene"
    chosen = paint(kept, picture="table")
    assert chosen.record["settings"]["picture"] == "table"
    assert opened(chosen.pictures[0].png).size == Image.open(SHIPPED["table"]).size


def test_why_nothing_was_found_depends_on_the_weights() -> None:
    assert WHY_NOTHING["hub"] == ""
    assert "random weights" in WHY_NOTHING["dummy"]
    assert "house, boat, tree and cat" in WHY_NOTHING["embedded"]


def runs_of(rows: range, columns: range) -> str:
    """A painted rectangle, as the page sends it."""
    cells = [row in rows and column in columns for row in range(program.GRID) for column in range(program.GRID)]
    runs, is_painted = [0], False
    for cell in cells:
        if cell != is_painted:
            runs.append(0)
            is_painted = cell
        runs[-1] += 1
    return " ".join(map(str, runs))


RECTANGLE = runs_of(range(16, 48), range(8, 32))


def test_a_painted_region_is_taken_at_the_pictures_size() -> None:
    mask = program.painted_region(RECTANGLE, (640, 320))
    assert mask.size == (640, 320) and set(mask.tobytes()) == {0, 255}
    assert mask.getbbox() == (80, 80, 320, 240)
    assert program.painted_region(f"0 {CELLS}", (64, 64)).getextrema() == (255, 255)


def test_a_region_painted_by_hand_needs_no_detector(kept: Resident) -> None:
    outcome = paint(kept, region="painted", painted=RECTANGLE)
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    assert [model["id"] for model in outcome.record["models"]] == ["sdxl-inpainting"]
    assert outcome.record["outputs"]["found_reason"] == BY_HAND
    stages = [stage["name"] for stage in outcome.record["repeats"][0]["stages"]]
    assert stages == ["Encoding the prompt", "Encoding the picture", "Denoising", "Decoding the picture"]
    original, mask, result = (opened(picture.png) for picture in outcome.pictures)
    assert mask.getbbox() == (48, 96, 192, 288)
    before, after = (np.asarray(each.convert("RGB").resize((128, 128)), float) for each in (original, result))
    apart = np.abs(before - after).mean(axis=2)
    inside = np.asarray(mask.resize((128, 128))) > 127
    assert apart[inside].mean() > 2 * apart[~inside].mean()


@pytest.mark.parametrize(
    ("painted", "told"),
    [
        ("", "No region is there yet"),
        (str(CELLS), "What you painted is empty"),
        (f"{CELLS} 0", "What you painted is empty"),
        ("100 200", "something of 300 cells, and the grid has 4,096"),
        ("100 -3", "holds '-3', where only whole numbers"),
        ("12 \u0663", "where only whole numbers"),
        ("9" * 5000, "cells, and the grid has 4,096"),
        ("1 " * CELLS + "1", "painted"),
    ],
)
def test_a_region_that_cannot_be_painted_says_why(painted: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Settings(region="painted", painted=painted)


def test_what_was_painted_waits_while_another_region_is_chosen() -> None:
    assert Settings(painted=RECTANGLE).loaded == ("yolov8n-seg", "sdxl-inpainting")
    assert Settings(painted=RECTANGLE, region="painted").loaded == ("sdxl-inpainting",)
    assert program.GRID**2 == CELLS
