"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.load_model.settings import Settings
from core.models.catalog import CATALOG
from core.runs.arguments import file_variant, place_arguments


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    place = place_arguments(settings)
    pipeline = "" if settings.model == "stable-diffusion-1.5" else ", pipeline=DiffusionPipeline"
    if CATALOG[settings.model].task == "text-generation":
        return (
            "import time\n\n"
            "start = time.perf_counter()\n"
            f"tokenizer, model = load_text_model({sources[settings.model]!r}, {place})\n"
            'print(f"{time.perf_counter() - start:.1f} s")\n'
            'print("%d parameters, %d bytes" % count(model))\n'
        )
    return (
        "import time\n\n"
        "start = time.perf_counter()\n"
        f"pipe = load_picture_model({sources[settings.model]!r}, {place}{file_variant(settings, is_local)}{pipeline})\n"
        'print(f"{time.perf_counter() - start:.1f} s")\n'
        "for name, part in pipe.components.items():\n"
        "    if isinstance(part, torch.nn.Module):\n"
        '        print(name, "%d parameters, %d bytes" % count(part))\n'
    )
