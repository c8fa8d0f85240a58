"""The pictures that the project ships, by their word in a lab's `picture` setting, and the one that a run asked for.

The lesson's own photograph is fetched once and kept in the cache. The shipped ones are free of any licence. `table.png`
is what core.runs.shipped.table draws, for models that know photographs. `scene.png` is a landscape of the kind that
the small twins were trained on, 384 x 384 pixels, as the generator of their pictures draws it:

    draw(Scene("mountains", "day", "house", "digital art", Place(0.52, 0.92, 0.5), seed=7), side=384).picture
"""

import os
from io import BytesIO
from pathlib import Path
from typing import Protocol
from urllib.request import urlopen

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from core.config import config
from core.errors import BadPicture
from core.runs.settings import LESSON_PICTURE, LESSON_PICTURE_URL

FOLDER = Path(__file__).parent / "shipped"
SHIPPED = {name: FOLDER / f"{name}.png" for name in ("table", "scene")}
MOST_BYTES = 2_000_000
"""The lesson's picture has a tenth of that."""


class Given(Protocol):
    """What a run was given beside its settings, as the recorder holds it; no torch here, as a page shows pictures."""

    picture: bytes | None


def chosen_picture(name: str, recorder: Given) -> Image.Image:
    """One of the pictures that the project ships, the lesson's, or the student's own, as RGB.

    Raises:
        BadPicture: the student's own was asked for and is not there, or the lesson's cannot be fetched.
    """
    if name in SHIPPED:
        return Image.open(SHIPPED[name]).convert("RGB")
    if name == LESSON_PICTURE:
        return Image.open(lesson_picture()).convert("RGB")
    if recorder.picture is None:
        raise BadPicture(f"The picture {name} is no longer here.", "Upload it again, or take one of the project's.")
    return Image.open(BytesIO(recorder.picture)).convert("RGB")


def lesson_picture() -> Path:
    """The lesson's photograph as a file in the cache, fetched at the first use.

    Raises:
        BadPicture: its server does not answer, or sends something else.
    """
    path = config().cache_dir / "pictures" / f"{LESSON_PICTURE}.jpg"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            part.write_bytes(_fetched())
            part.replace(path)
        except (OSError, SyntaxError) as error:
            part.unlink(missing_ok=True)
            message = f"The lesson's photograph cannot be fetched from {LESSON_PICTURE_URL} ({error})."
            raise BadPicture(message, "Choose one of the project's pictures, or upload one.") from error
    return path


def _fetched() -> bytes:
    """The bytes of the photograph. Anything but a whole JPEG raises an OSError or a SyntaxError.

    Not by Image.open: where ultralytics was imported, that looks for readers of other formats.
    """
    with urlopen(LESSON_PICTURE_URL, timeout=10) as answer:
        data: bytes = answer.read(MOST_BYTES)
    JpegImageFile(BytesIO(data)).load()
    return data
