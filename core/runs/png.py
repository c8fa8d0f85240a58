"""Pictures as PNG files that carry how they were made, and how far two pictures are apart.

The settings stand in text chunks: `vram_lab` holds one JSON document, `Description` the same for people.

    >>> describe(png(picture, {"seed": 1}))["seed"]
    1
"""

import io
import json
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

CHUNK = "vram_lab"


def png(picture: Image.Image, details: dict[str, Any], title: str = "VRAM Lab") -> bytes:
    """The picture as PNG bytes with `details` inside."""
    info = PngInfo()
    info.add_text("Title", title)
    info.add_text("Description", "\n".join(f"{name}: {value}" for name, value in details.items() if value is not None))
    info.add_text("Software", "VRAM Lab")
    info.add_text(CHUNK, json.dumps(details))
    out = io.BytesIO()
    picture.save(out, "PNG", pnginfo=info)
    return out.getvalue()


def describe(data: bytes) -> dict[str, Any]:
    """What `png` wrote into a picture; empty for a picture from elsewhere."""
    with Image.open(io.BytesIO(data)) as picture:
        details: dict[str, Any] = json.loads(str(picture.info.get(CHUNK, "{}")))
    return details


def difference(one: Image.Image, other: Image.Image) -> float | None:
    """Mean absolute difference of the colour values, 0 (the same) to 255; None where the sizes differ."""
    if one.size != other.size:
        return None
    first, second = (np.asarray(picture.convert("RGB"), dtype=np.int16) for picture in (one, other))
    return float(np.abs(first - second).mean())
