"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.image_to_image.settings import Settings
from core.runs.arguments import FETCHING, file_variant, is_fetched, picture_line, place_arguments, side_of


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    place = f"{place_arguments(settings)}{file_variant(settings, is_local)}"
    return (
        f"{FETCHING if is_fetched(settings) else ''}import time\n\n"
        f"pipe = load({sources[settings.model]!r}, {place})\n"
        f"{picture_line(settings)}"
        f"picture = fitted(picture, side={side_of(settings, settings.model, is_local)})\n"
        f"for strength in {list(settings.strengths)}:\n"
        "    start = time.perf_counter()\n"
        "    changed = change(\n"
        f"        pipe,\n        picture,\n        {settings.prompt!r},\n"
        f"        negative_prompt={settings.negative_prompt!r},\n"
        "        strength=strength,\n"
        f"        num_inference_steps={settings.num_inference_steps},\n"
        f"        guidance_scale={settings.guidance_scale},\n"
        f"        random_seed={settings.seed},\n"
        "    ).images[0]\n"
        '    print(f"strength {strength}: {time.perf_counter() - start:.1f} s")\n'
        '    changed.save(f"strength-{strength}.png")\n'
    )
