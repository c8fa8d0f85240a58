"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

import textwrap

from core.labs.inpainting.settings import Settings
from core.runs.arguments import (
    FETCHING,
    device_argument,
    file_variant,
    is_fetched,
    picture_line,
    place_arguments,
    side_of,
)


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    seed = "random.randrange(2**32)" if settings.seed is None else settings.seed
    place, savers = place_arguments(settings), f", savers={settings.savers!r}" if settings.savers else ""
    detector, region = _found(settings, sources, is_local) if settings.region != "painted" else ("", _painted(settings))
    return (
        f"import random\n{FETCHING if is_fetched(settings) else ''}\n{detector}"
        f"pipe = load_painter({sources[settings.model]!r}, {place}{file_variant(settings, is_local)}{savers})\n"
        f"{picture_line(settings)}{region}"
        f"width, height = {_painted_size(settings, is_local)}\n"
        "result = paint(\n"
        f"    pipe,\n    picture,\n    mask,\n    {settings.prompt!r},\n"
        f"    negative_prompt={settings.negative_prompt!r},\n"
        f"    num_inference_steps={settings.num_inference_steps},\n    guidance_scale={settings.guidance_scale},\n"
        f"    height=height,\n    width=width,\n    seed={seed},\n).images[0]\n"
        'picture.save("original.png")\n'
        'mask.save("mask.png")\n'
        'result.save("edited.png")\n'
        'print("Original, mask and edited picture are saved.")\n'
    )


def _found(settings: Settings, sources: dict[str, str], is_local: bool) -> tuple[str, str]:
    """The lines that load the detector, and those that ask it."""
    detected_px = side_of(settings, settings.detector, is_local)
    return (
        f"detector = load_detector({sources[settings.detector]!r}, {device_argument(settings)!s})\n",
        f"mask, found = find_region(\n"
        f"    detector, picture, region={settings.region!r}, imgsz={detected_px}\n)\n"
        'print(found or "Nothing found: the middle of the picture is painted over.")\n',
    )


def _painted(settings: Settings) -> str:
    """The region painted by hand, its numbers on lines that fit a page."""
    lines = textwrap.wrap(settings.painted, 80)
    runs = "\n".join(f'    "{line} "' for line in lines)
    return f"runs = (\n{runs}\n)\nmask = painted_region(runs, picture.size)\n"


def _painted_size(settings: Settings, is_local: bool) -> str:
    """Width and height as they are where both are set, else what follows from the picture's proportions."""
    if settings.width and settings.height:
        return f"{settings.width}, {settings.height}"
    side = side_of(settings, settings.model, is_local)
    found = f"painting_size(picture.size, side={side})"
    if settings.width or settings.height:
        return f"{settings.width or found + '[0]'}, {settings.height or found + '[1]'}"
    return found
