"""The captioned pictures of a run: those that the lab ships, or the student's own, beside each other in one picture.

No torch here: the page checks with it what was uploaded.
"""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.errors import BadPicture
from core.labs.fine_tuning.settings import Settings, captions_of, held_out

SHIPPED = Path(__file__).with_name("blueprint.png")
SHIPPED_CAPTIONS = SHIPPED.with_suffix(".txt")


@dataclass(frozen=True)
class Examples:
    """Captioned pictures, square and of one size; the last `held_out` are not trained with."""

    pictures: list[Image.Image]
    captions: list[str]
    held_out: int


def examples(settings: Settings, own: Image.Image | None) -> Examples:
    """The pictures that the settings name.

    Args:
        own: the student's pictures, square, beside each other; None where the shipped ones are asked for.

    Raises:
        BadPicture: there are more or fewer captions than pictures.
    """
    strip = Image.open(SHIPPED).convert("RGB") if own is None else own
    text = SHIPPED_CAPTIONS.read_text(encoding="utf-8") if own is None else settings.captions
    pictures, captions = cut(strip), captions_of(text)
    check(len(pictures), len(captions))
    kept_back = held_out(len(pictures))
    if most := settings.most_pictures:
        few = held_out(min(most, len(pictures)))
        pictures = pictures[: most - few] + pictures[-few:]
        captions = captions[: most - few] + captions[-few:]
        kept_back = few
    return Examples(pictures, captions, kept_back)


def check(pictures: int, captions: int) -> None:
    """Compare how many there are of each.

    Raises:
        BadPicture: with both numbers.
    """
    if pictures != captions:
        raise BadPicture(
            f"There are {pictures} pictures and {captions} captions.",
            "Write one line for each picture, in the order of their names.",
        )


def cut(strip: Image.Image) -> list[Image.Image]:
    """Square pictures that lie beside each other."""
    side = strip.height
    return [strip.crop((left, 0, left + side, side)) for left in range(0, strip.width - side + 1, side)]
