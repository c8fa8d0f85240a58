"""Takes a student's own picture: checks it, turns it upright, and writes it anew as a small RGB PNG. No torch here.

What comes in is never passed on as it came: the pixels are decoded and encoded again, so nothing but pixels gets in.

    >>> png = safe_picture(uploaded_bytes)      # RGB, at most 1024 pixels on the longer side
"""

import io
import warnings

from PIL import Image, ImageOps

from core.config import config
from core.errors import BadPicture
from core.units import gb

FORMATS = ("PNG", "JPEG", "WEBP")
LONGEST_SIDE = 1024
SHORTEST_SIDE = 64
MOST_PIXELS = 50_000_000
"""A file of 50 kB can claim a billion pixels; the size is read from its header before anything is decoded."""
TAKES = "Choose a PNG, JPEG or WebP picture."


def safe_picture(data: bytes) -> bytes:
    """The uploaded picture as PNG bytes that the lab can take.

    Raises:
        BadPicture: too large, not a picture, of another format, or damaged; says which, with the value.
    """
    limit = config().max_upload_bytes
    if len(data) > limit:
        raise BadPicture(f"The file has {gb(len(data))}; the lab takes up to {gb(limit)}.", "Make it smaller first.")
    picture = _decoded(data)
    upright = ImageOps.exif_transpose(picture)
    flat = _on_white(upright)
    flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if min(flat.size) < SHORTEST_SIDE:
        size = f"{flat.width} x {flat.height}"
        raise BadPicture(f"The picture has {size} pixels; each side needs {SHORTEST_SIDE}.", "Choose a larger one.")
    out = io.BytesIO()
    flat.save(out, "PNG")
    return out.getvalue()


def _decoded(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb before it refuses one; our own limit below is lower than both.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        _refuse_bomb(picture.size)
        picture.load()
    except Image.DecompressionBombError as error:
        raise BadPicture("The picture claims more pixels than the lab takes.", "Make it smaller first.") from error
    except (OSError, SyntaxError, ValueError, EOFError, ImportError) as error:
        # ImportError: where ultralytics was imported, Pillow looks for a HEIF reader before it gives up.
        raise BadPicture(f"The file ({gb(len(data))}) cannot be read as a picture.", TAKES) from error
    return picture


def _refuse_bomb(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        raise BadPicture(
            f"The picture has {width:,} x {height:,} pixels; the lab takes up to {MOST_PIXELS / 1e6:.0f} million.",
            "Make it smaller first.",
        )


def _on_white(picture: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white."""
    if "A" in picture.getbands() or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        white = Image.new("RGBA", seen.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, seen).convert("RGB")
    return picture.convert("RGB")
