"""Arguments that the last cells of several labs have in common, as text. No torch here.

>>> place_arguments(Settings(device="cpu", dtype="float32"))
'device="cpu", dtype=torch.float32'
"""

from typing import Any

from core.models.catalog import CATALOG
from core.runs.settings import LESSON_PICTURE, LESSON_PICTURE_URL, ModelSettings

FETCHING = "import io\n\nimport requests\n"
"""What fetching the lesson's picture takes."""


def device_argument(settings: ModelSettings) -> str:
    """The device as an argument; where it is still `auto`, decided where the cell runs."""
    if settings.device == "auto":
        return 'device="cuda" if torch.cuda.is_available() else "cpu"'
    return f'device="{settings.device}"'


def place_arguments(settings: ModelSettings) -> str:
    """Device and precision as arguments of a load function."""
    if settings.dtype != "auto":
        return f"{device_argument(settings)}, dtype=torch.{settings.dtype}"
    if settings.device == "auto":
        return f"{device_argument(settings)}, dtype=torch.float16 if torch.cuda.is_available() else torch.float32"
    return f"{device_argument(settings)}, dtype=torch.{'float32' if settings.device == 'cpu' else 'float16'}"


def file_variant(settings: ModelSettings, is_local: bool) -> str:
    """Which of a pipeline's files are read; the twin has one kind alone."""
    variant = None if is_local and settings.source == "embedded" else CATALOG[settings.model].variant
    return f', variant="{variant}"' if variant else ", variant=None"


def side_of(settings: Any, model: str, is_local: bool) -> int | None:
    """The side in pixels that a model was made for."""
    known = CATALOG[model]
    return known.twin_size if is_local and settings.source == "embedded" else known.native_size


def is_fetched(settings: Any) -> bool:
    """Whether the picture is the lesson's own, which is fetched from the web."""
    return bool(settings.settled().picture == LESSON_PICTURE)


def picture_line(settings: Any) -> str:
    """The line that opens the picture, by the lesson's address where it is the lesson's."""
    name = settings.settled().picture
    if is_fetched(settings):
        file, why = f'io.BytesIO(requests.get("{LESSON_PICTURE_URL}").content)', "the lesson's picture"
    else:
        file, why = '"picture.png"' if name.startswith("upload:") else f'"{name}.png"', "put any picture of yours here"
    return f'picture = Image.open({file}).convert("RGB")  # {why}\n'
