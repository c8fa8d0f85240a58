"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from collections.abc import Sequence

from core.labs.text_to_image.settings import REFINER, Settings
from core.models.catalog import CATALOG
from core.runs.arguments import file_variant, place_arguments, side_of


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    side = side_of(settings, settings.model, is_local)
    arguments = {
        "negative_prompt": settings.negative_prompt,
        "num_inference_steps": settings.num_inference_steps,
        "guidance_scale": settings.guidance_scale,
        "height": settings.height or side,
        "width": settings.width or side,
        "random_seed": 0 if settings.seed is None else settings.seed,
    }
    if settings.is_refined:
        arguments["refiner_share"] = settings.refiner_share
    swept = _swept(settings)
    lines = "".join(f"        {key}={key if key in swept else repr(value)},\n" for key, value in arguments.items())
    told = ", ".join(f"{name} {{{name}}}" for name in swept)
    call = (
        "generate_refined(\n        pipe,\n        refiner,\n" if settings.is_refined else "generate(\n        pipe,\n"
    )
    return (
        f"import {'itertools' if len(swept) > 1 else 'random'}\nimport time\n\n"
        f"pipe = load({sources[settings.model]!r}, {_place(settings, is_local)})\n"
        f"{_refiner(settings, sources[REFINER], is_local)}{_scheduler(settings)}{_loop(swept)}"
        "    start = time.perf_counter()\n"
        f"    picture = {call}        {settings.prompt!r},\n{lines}    ).images[0]\n"
        f'    print(f"{told}: {{time.perf_counter() - start:.1f}} s")\n'
        '    picture.save(f"picture-{number}.png")\n'
    )


def _place(settings: Settings, is_local: bool) -> str:
    """Where and how the networks are loaded."""
    kind = ", is_xl=True" if CATALOG[settings.model].has_two_text_encoders else ""
    return f"{place_arguments(settings)}{file_variant(settings, is_local)}{kind}"


def _refiner(settings: Settings, path: str, is_local: bool) -> str:
    return f"refiner = load_refiner(pipe, {path!r}{file_variant(settings, is_local)})\n" if settings.is_refined else ""


def _scheduler(settings: Settings) -> str:
    if settings.scheduler == "own":
        return ""
    pipes = ("pipe", "refiner") if settings.is_refined else ("pipe",)
    return "".join(f"change_scheduler({name}, {settings.scheduler!r})\n" for name in pipes)


def _swept(settings: Settings) -> dict[str, str]:
    """What changes from picture to picture, by its name in the program, and the values as they are written there."""
    swept = settings.swept()
    if not swept:
        seeds = [settings.seed] * settings.repeats
        return {"random_seed": _list(seeds) if settings.seed is not None else _drawn(settings.repeats)}
    return {"random_seed" if name == "seed" else name: _list(values) for name, values in swept.items()}


def _list(values: Sequence[float | None]) -> str:
    return f"[{', '.join(map(repr, values))}]"


def _drawn(count: int) -> str:
    return f"random.sample(range(2**32), {count})"


def _loop(swept: dict[str, str]) -> str:
    if len(swept) == 1:
        [(name, values)] = swept.items()
        return f"for number, {name} in enumerate({values}, start=1):\n"
    lists = "".join(f"    {values},\n" for values in swept.values())
    return f"grid = itertools.product(\n{lists})\nfor number, ({', '.join(swept)}) in enumerate(grid, start=1):\n"
