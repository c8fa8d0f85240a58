"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.memory_savers.settings import OFFLOADS, SIDE, STEPS, TWIN_SIDE, Settings
from core.runs.arguments import device_argument, file_variant


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    left_out = OFFLOADS if settings.device == "cpu" else ()  # there is no other memory to move weights to
    names = "".join(f"    {name!r},\n" for name in settings.savers if name not in left_out)
    side = settings.side or (TWIN_SIDE if is_local and settings.source == "embedded" else SIDE)
    where = f"{sources[settings.model]!r}, saver, {device_argument(settings)}{file_variant(settings, is_local)}"
    return (
        f"import time\n\nfor saver in [\n{names}]:\n"
        f"    pipe = load({where})\n"
        f"    for repeat in range({settings.repeats}):\n"
        "        if torch.cuda.is_available():\n"
        "            torch.cuda.reset_peak_memory_stats()\n"
        "        start = time.perf_counter()\n"
        f"        pictures = draw(\n            pipe,\n            {settings.prompt!r},\n            side={side},\n"
        f"            pictures={settings.pictures},\n"
        f"            num_inference_steps={settings.num_inference_steps or STEPS},\n"
        f"            seed={settings.seed},\n        )\n"
        '        print(f"{saver}: {time.perf_counter() - start:.1f} s")\n'
        "    if torch.cuda.is_available():\n"
        '        print(f"{torch.cuda.max_memory_allocated() / 2**30:.2f} GiB at most")\n'
        '    pictures[0].save(f"{saver}.png")\n'
        "    del pipe  # before the next one is loaded\n"
    )
