import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from core.errors import BadPicture
from core.labs.inpainting.upload import safe_picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_comes_back_as_an_rgb_png(kind: str) -> None:
    safe = opened(safe_picture(encoded(Image.new("RGB", (300, 200), "teal"), kind)))
    assert (safe.format, safe.mode, safe.size) == ("PNG", "RGB", (300, 200))


def test_a_large_picture_is_made_smaller_at_its_proportions() -> None:
    assert opened(safe_picture(encoded(Image.new("RGB", (3000, 1500))))).size == (1024, 512)


def test_a_phones_rotation_is_applied() -> None:
    picture = Image.new("RGB", (300, 200), "red")
    turned = Image.Exif()
    turned[0x0112] = 6
    assert opened(safe_picture(encoded(picture, "JPEG", exif=turned))).size == (200, 300)


def test_nothing_but_pixels_gets_in() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    safe = safe_picture(encoded(Image.new("RGB", (100, 100)), "JPEG", exif=exif))
    assert b"taken at home" not in safe
    assert not opened(safe).info


def test_transparency_becomes_white() -> None:
    safe = opened(safe_picture(encoded(Image.new("RGBA", (100, 100), (255, 0, 0, 0)))))
    assert safe.getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (30_000, 30_000), (9_000, 9_000)])
def test_a_pixel_bomb_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    with pytest.raises(BadPicture, match="pixels"):
        safe_picture(bomb(width, height))


def test_a_file_that_is_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(BadPicture, match=r"9\.00 MB; the lab takes up to 8\.00 MB") as error:
        safe_picture(bytes(9_000_000))
    assert error.value.remedy


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        encoded(Image.new("RGB", (100, 100)), "BMP"),
        encoded(Image.new("RGB", (100, 100)), "GIF"),
        encoded(Image.effect_noise((200, 200), 50))[:2000],
    ],
)
def test_what_is_no_picture_of_the_formats_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(BadPicture) as error:
        safe_picture(data)
    assert "PNG, JPEG or WebP" in error.value.remedy


def test_a_tiny_picture_is_refused_with_its_size() -> None:
    with pytest.raises(BadPicture, match="20 x 400"):
        safe_picture(encoded(Image.new("RGB", (20, 400))))


def test_checking_a_picture_does_not_import_torch() -> None:
    code = "import sys, core.labs.inpainting.upload; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
