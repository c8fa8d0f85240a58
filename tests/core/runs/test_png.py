import io
from typing import Any

import pytest
from PIL import Image

from core.errors import BadPicture
from core.runs.png import describe, difference, made_with, png


def test_a_picture_carries_its_settings_for_people_and_programs() -> None:
    details = {"prompt": "Ein Käse, 猫", "seed": 7, "guidance_scale": 7.5, "sweep": None}
    data = png(Image.new("RGB", (8, 8), "red"), details)
    assert describe(data) == details
    written = Image.open(io.BytesIO(data)).info["Description"]
    assert "prompt: Ein Käse, 猫" in str(written) and "sweep" not in str(written)


def test_a_picture_from_elsewhere_has_no_settings() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    assert describe(out.getvalue()) == {}


def test_the_difference_runs_from_0_to_255() -> None:
    black, white = Image.new("RGB", (8, 8), "black"), Image.new("RGB", (8, 8), "white")
    assert difference(black, black) == 0
    assert difference(black, white) == 255
    assert difference(black, Image.new("RGB", (8, 8), (30, 0, 0))) == 10


def test_pictures_of_different_sizes_have_no_difference() -> None:
    assert difference(Image.new("RGB", (8, 8)), Image.new("RGB", (16, 8))) is None


def written(**details: Any) -> bytes:
    return png(Image.new("RGB", (8, 8)), details)


def test_one_picture_of_a_sweep_is_read_back_as_the_settings_that_make_it_alone() -> None:
    settings = {"prompt": "a cat", "seed": 1, "num_inference_steps": 50, "repeats": 3, "sweep": "seed"}
    settings |= {"sweep_values": [1, 2], "second_sweep": "num_inference_steps", "second_sweep_values": [5, 10]}
    data = written(lab="text_to_image", settings=settings, seed=2, num_inference_steps=10, sweep="seed", wall_s=1.5)
    made = {"prompt": "a cat", "seed": 2, "num_inference_steps": 10, "repeats": 1}
    none = {"sweep": None, "sweep_values": (), "second_sweep": None, "second_sweep_values": ()}
    assert made_with(data) == ("text_to_image", made | none)


def test_the_size_of_what_went_in_is_not_that_of_the_result() -> None:
    data = written(lab="inpainting", settings={"width": None, "seed": 3}, role="original", width=683)
    assert made_with(data) == ("inpainting", {"width": None, "seed": 3, "repeats": 1})


@pytest.mark.parametrize(
    "data",
    [
        b"not a picture",
        b"",
        written(),
        written(lab="text_to_image"),
        written(settings=[1], lab="text_to_image"),
        written(lab="text_to_image", settings={"prompt": "x"})[:60],
    ],
)
def test_a_file_without_settings_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(BadPicture, match="no settings of VRAM Lab"):
        made_with(data)
