"""What the screen gets of a small picture, and that a large one stays as it is."""

import io

import numpy as np
from PIL import Image

from ui.enlarged import ENLARGED_PX, SMALL_PX, enlarged


def png(width: int, height: int) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_small_picture_becomes_large_without_a_new_colour() -> None:
    small, large = opened(png(64, 48)), opened(enlarged(png(64, 48)))
    assert large.size == (512, 384) and max(large.size) >= ENLARGED_PX
    assert large.resize(small.size, Image.Resampling.NEAREST).tobytes() == small.tobytes()
    assert opened(enlarged(png(64, 64), side=384)).size == (384, 384)


def test_a_jpeg_is_enlarged_too() -> None:
    out = io.BytesIO()
    Image.new("RGB", (160, 120), "navy").save(out, "JPEG")
    assert opened(enlarged(out.getvalue())).size == (640, 480)


def test_a_picture_that_is_large_enough_is_passed_on() -> None:
    data = png(SMALL_PX, 10)
    assert enlarged(data) is data
