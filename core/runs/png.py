"""Pictures as PNG files that carry how they were made, and how far two pictures are apart.

The settings stand in text chunks: `vram_lab` holds one JSON document, `Description` the same for people.

    >>> describe(png(picture, {"seed": 1}))["seed"]
    1

`made_with` reads the settings back, so that the picture can be made again.
"""

import io
import json
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.errors import BadPicture

CHUNK = "vram_lab"
OF_ONE = ("seed", "num_inference_steps", "guidance_scale", "width", "height", "strengths")
"""Settings that stand beside a picture as they were for it."""
SWEEPS = ("sweep", "second_sweep")
"""How the settings begin that make several pictures in one run."""


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


def made_with(data: bytes) -> tuple[str, dict[str, Any]]:
    """The lab that made a picture, and the settings that make this picture alone again, not yet checked.

    Raises:
        BadPicture: it is no PNG, or no lab of ours wrote its settings into it.
    """
    try:
        details = describe(data)
        lab, settings = str(details["lab"]), dict(details["settings"])
    except (KeyError, TypeError, ValueError, OSError, SyntaxError, ImportError, RecursionError) as error:
        # ImportError: where ultralytics was imported, Pillow looks for a HEIF reader before it gives up.
        message = "There are no settings of VRAM Lab inside this file."
        raise BadPicture(message, "Take a PNG that was downloaded here; other programs often drop its text.") from error
    is_made = details.get("role", "result") in ("picture", "result")  # what went in has a size of its own
    own = {name: details[name] for name in OF_ONE if is_made and name in settings and name in details}
    single = {name: () if name.endswith("values") else None for name in settings if name.startswith(SWEEPS)}
    return lab, settings | own | single | {"repeats": 1}


def difference(one: Image.Image, other: Image.Image) -> float | None:
    """Mean absolute difference of the colour values, 0 (the same) to 255; None where the sizes differ."""
    if one.size != other.size:
        return None
    first, second = (np.asarray(picture.convert("RGB"), dtype=np.int16) for picture in (one, other))
    return float(np.abs(first - second).mean())
