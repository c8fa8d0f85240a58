"""Takes a student's own picture: checks it, turns it upright, and writes it anew as a small RGB PNG. No torch here.

What comes in is never passed on as it came: the pixels are decoded and encoded again, so nothing but pixels gets in.
One picture is decoded at a time, and made small before anything else, so that a class that uploads at once does not
fill the web process: decoding takes up to about 330 MB. A JPEG is decoded at a half to an eighth of its size straight
away, so that a phone's picture of 24 or 48 million pixels takes less than a small PNG.

    >>> taken = safe_picture(uploaded_bytes)    # RGB, at most 1024 pixels on the longer side
    >>> taken.told
    'Made smaller: 1,024 x 768 pixels of 5,656 x 4,242.'
"""

import io
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageOps

from core.config import config
from core.errors import BadPicture
from core.units import gb

FORMATS = ("PNG", "JPEG", "WEBP")
LONGEST_SIDE = 1024
SHORTEST_SIDE = 64
MOST_PIXELS = {"JPEG": 200_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
"""A file of 50 kB can claim a billion pixels; the size is read from its header before anything is decoded."""
TAKES = "Choose a PNG, JPEG or WebP picture."
SHRINKS_WELL = ("L", "LA", "RGB", "RGBA", "CMYK")
"""Modes that can be resized smoothly as they are; palettes and 16 bits are converted before."""
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Taken:
    """A picture that the lab can take: PNG bytes, its size in pixels, and the size that it came in."""

    png: bytes
    size: tuple[int, int]
    original: tuple[int, int]

    @property
    def told(self) -> str:
        """That it was made smaller; empty where it was not."""
        if max(self.original) <= LONGEST_SIDE:
            return ""
        now, before = (f"{width:,} x {height:,}" for width, height in (self.size, self.original))
        return f"Made smaller: {now} pixels of {before}."


def safe_picture(data: bytes) -> Taken:
    """The uploaded picture as the lab can take it.

    Raises:
        BadPicture: too large, not a picture, of another format, or damaged; says which, with the value.
    """
    limit = config().max_upload_bytes
    if len(data) > limit:
        raise BadPicture(f"The file has {gb(len(data))}; the lab takes up to {gb(limit)}.", "Make it smaller first.")
    with _one_at_a_time:
        small, original = _decoded(data)
    flat = _on_white(ImageOps.exif_transpose(small))
    if min(flat.size) < SHORTEST_SIDE:
        size = f"{flat.width} x {flat.height}"
        raise BadPicture(f"The picture has {size} pixels; each side needs {SHORTEST_SIDE}.", "Choose a larger one.")
    out = io.BytesIO()
    flat.save(out, "PNG")
    return Taken(out.getvalue(), flat.size, original)


def strip_of(pictures: Sequence[bytes], side: int) -> bytes:
    """Pictures as `safe_picture` gives them, cut to squares of `side` pixels, beside each other in one PNG."""
    strip = Image.new("RGB", (side * len(pictures), side))
    for number, data in enumerate(pictures):
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            square = ImageOps.fit(picture.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
        strip.paste(square, (number * side, 0))
    out = io.BytesIO()
    strip.save(out, "PNG")
    return out.getvalue()


def _decoded(data: bytes) -> tuple[Image.Image, tuple[int, int]]:
    """The picture, at most `LONGEST_SIDE` pixels on its longer side, and the size that it came in."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb before it refuses one; our own limit below is lower than both.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        _refuse_bomb(picture)
        original = picture.size
        return _shrunk(picture), original
    except Image.DecompressionBombError as error:
        raise BadPicture("The picture claims more pixels than the lab takes.", "Make it smaller first.") from error
    except (OSError, SyntaxError, ValueError, EOFError, ImportError) as error:
        # ImportError: where ultralytics was imported, Pillow looks for a HEIF reader before it gives up.
        raise BadPicture(f"The file ({gb(len(data))}) cannot be read as a picture.", TAKES) from error


def _shrunk(picture: Image.Image) -> Image.Image:
    is_see_through = "transparency" in picture.info
    if picture.mode not in SHRINKS_WELL or is_see_through:
        picture = picture.convert("RGBA" if is_see_through else "RGB")
    # Not loaded before: of a JPEG that is much too large, this decodes only a half or a quarter of each side.
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    picture.load()
    return picture


def _refuse_bomb(picture: Image.Image) -> None:
    width, height = picture.size
    most = MOST_PIXELS[str(picture.format)]
    if width * height > most:
        raise BadPicture(
            f"This {picture.format} has {width:,} x {height:,} pixels; the lab takes up to {most / 1e6:.0f} million.",
            "Make it smaller first.",
        )


def _on_white(picture: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white."""
    if "A" in picture.getbands():
        seen = picture.convert("RGBA")
        white = Image.new("RGBA", seen.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, seen).convert("RGB")
    return picture.convert("RGB")
