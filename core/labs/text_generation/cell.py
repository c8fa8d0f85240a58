"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.text_generation.settings import Settings
from core.runs.arguments import place_arguments


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    return (
        "import time\n\n"
        f"tokenizer, model = load({sources[settings.model]!r}, {place_arguments(settings)})\n"
        f"for repeat in range({settings.repeats}):\n"
        "    start = time.perf_counter()\n"
        "    text, new_tokens = generate(\n"
        f"        tokenizer,\n        model,\n        {settings.prompt!r},\n"
        f"        max_new_tokens={settings.max_new_tokens},\n        do_sample={settings.do_sample},\n"
        f"        temperature={settings.temperature},\n        seed={settings.seed},\n    )\n"
        '    print(f"{new_tokens} tokens in {time.perf_counter() - start:.1f} s")\n'
        "print(text)\n"
    )
