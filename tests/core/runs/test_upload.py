import io
import struct
import subprocess
import sys
import time
import tomllib
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from core.config import ROOT, Config
from core.errors import BadPicture
from core.runs import upload
from core.runs.upload import safe_picture, strip_of


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def png_of(data: bytes) -> bytes:
    return safe_picture(data).png


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_comes_back_as_an_rgb_png(kind: str) -> None:
    safe = opened(png_of(encoded(Image.new("RGB", (300, 200), "teal"), kind)))
    assert (safe.format, safe.mode, safe.size) == ("PNG", "RGB", (300, 200))


def test_a_large_picture_is_made_smaller_at_its_proportions() -> None:
    assert opened(png_of(encoded(Image.new("RGB", (3000, 1500))))).size == (1024, 512)


def test_a_phones_rotation_is_applied() -> None:
    picture = Image.new("RGB", (300, 200), "red")
    turned = Image.Exif()
    turned[0x0112] = 6
    assert opened(png_of(encoded(picture, "JPEG", exif=turned))).size == (200, 300)


def test_nothing_but_pixels_gets_in() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    safe = png_of(encoded(Image.new("RGB", (100, 100)), "JPEG", exif=exif))
    assert b"taken at home" not in safe
    assert not opened(safe).info


def test_transparency_becomes_white() -> None:
    safe = opened(png_of(encoded(Image.new("RGBA", (100, 100), (255, 0, 0, 0)))))
    assert safe.getpixel((50, 50)) == (255, 255, 255)


def test_a_rotation_in_a_png_with_a_palette_is_applied() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    picture = Image.new("RGB", (3000, 2000), "red").quantize(4)
    assert opened(png_of(encoded(picture, exif=turned))).size == (683, 1024)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_mode_of_a_large_png_is_made_smaller(mode: str) -> None:
    safe = opened(png_of(encoded(Image.new(mode, (2048, 1024)))))
    assert (safe.mode, safe.size) == ("RGB", (1024, 512))


def test_a_colour_that_means_transparent_becomes_white() -> None:
    data = encoded(Image.new("RGB", (2048, 1024), (1, 2, 3)), transparency=(1, 2, 3))
    assert opened(png_of(data)).getpixel((50, 50)) == (255, 255, 255)


def test_a_phones_24_megapixel_picture_is_taken_and_told() -> None:
    taken = safe_picture(encoded(Image.new("RGB", (6000, 4000), "teal"), "JPEG"))
    assert taken.size == (1024, 683)
    assert taken.told == "Made smaller: 1,024 x 683 pixels of 6,000 x 4,000."
    assert safe_picture(encoded(Image.new("RGB", (300, 200)))).told == ""


PEAK = """
import sys
from core.runs.upload import safe_picture, strip_of
def kib(name):
    return int(next(line for line in open("/proc/self/status") if line.startswith(name)).split()[1])
data = sys.stdin.buffer.read()
before = kib("VmRSS")
safe_picture(data)
print((kib("VmHWM") - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of the RSS is read from /proc")
@pytest.mark.parametrize(
    ("data", "least", "most"),
    [
        (encoded(Image.new("RGBA", (5000, 5000), (255, 0, 0, 9))), 80, 320),
        (encoded(Image.new("RGB", (8000, 6000), "teal"), "JPEG"), 5, 120),
    ],
    ids=["png", "phone"],
)
def test_the_largest_pictures_are_decoded_in_little_memory(data: bytes, least: float, most: float) -> None:
    run = subprocess.run([sys.executable, "-c", PEAK], input=data, capture_output=True, check=True)
    assert least < float(run.stdout) < most


def test_one_picture_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    original, at_once, most = upload._decoded, 0, 0

    def watched(data: bytes) -> Image.Image:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.02)
        small = original(data)
        at_once -= 1
        return small

    monkeypatch.setattr(upload, "_decoded", watched)
    data = encoded(Image.new("RGB", (100, 100)))
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(safe_picture, [data] * 4))) == 4
    assert most == 1


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (30_000, 30_000), (9_000, 9_000), (5_001, 5_000)])
def test_a_pixel_bomb_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    with pytest.raises(BadPicture, match="pixels"):
        safe_picture(bomb(width, height))


def test_a_file_that_is_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(BadPicture, match=r"21\.0 MB; the lab takes up to 20\.0 MB") as error:
        safe_picture(bytes(21_000_000))
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
    code = "import sys, core.runs.upload; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_server_takes_as_much_as_the_lab_says() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["server"]["maxUploadSize"] * 1_000_000 == Config.model_fields["max_upload_bytes"].default


def test_several_pictures_are_cut_to_squares_beside_each_other() -> None:
    given = []
    for size, shade in (((90, 70), (200, 0, 0)), ((64, 128), (0, 0, 200))):
        out = io.BytesIO()
        Image.new("RGB", size, shade).save(out, "PNG")
        given.append(safe_picture(out.getvalue()).png)
    strip = Image.open(io.BytesIO(strip_of(given, 32)))
    assert strip.size == (64, 32) and strip.mode == "RGB"
    assert strip.getpixel((16, 16)) == (200, 0, 0) and strip.getpixel((48, 16)) == (0, 0, 200)
