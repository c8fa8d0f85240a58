"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.text_to_image.settings import Settings
from core.runs.arguments import file_variant, place_arguments, side_of


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    sweep, side = settings.sweep or "seed", side_of(settings, settings.model, is_local)
    name = "random_seed" if sweep == "seed" else sweep
    values = [settings.variant(value)[sweep] for value in settings.sweep_values]
    if not settings.sweep and settings.seed is not None:
        values = [settings.seed] * settings.repeats
    arguments = {
        "negative_prompt": settings.negative_prompt,
        "num_inference_steps": settings.num_inference_steps,
        "guidance_scale": settings.guidance_scale,
        "height": settings.height or side,
        "width": settings.width or side,
        "random_seed": 0 if settings.seed is None else settings.seed,
    }
    lines = "".join(f"        {key}={key if key == name else repr(value)},\n" for key, value in arguments.items())
    swept = f"[{', '.join(map(repr, values))}]" if values else f"random.sample(range(2**32), {settings.repeats})"
    return (
        "import random\nimport time\n\n"
        f"pipe = load({sources[settings.model]!r}, {place_arguments(settings)}{file_variant(settings, is_local)})\n"
        f"for number, {name} in enumerate({swept}, start=1):\n"
        "    start = time.perf_counter()\n"
        "    picture = generate(\n"
        f"        pipe,\n        {settings.prompt!r},\n{lines}    ).images[0]\n"
        f'    print(f"{name} {{{name}}}: {{time.perf_counter() - start:.1f}} s")\n'
        '    picture.save(f"picture-{number}.png")\n'
    )
