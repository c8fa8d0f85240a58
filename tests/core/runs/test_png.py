import io

from PIL import Image

from core.runs.png import describe, difference, png


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
