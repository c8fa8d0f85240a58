"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.precision.settings import Settings
from core.runs.arguments import device_argument


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    names = "".join(f"    {name!r},\n" for name in settings.precisions)
    return (
        "import time\n\n"
        f"reference = None\nfor precision in [\n{names}]:\n"
        f"    tokenizer, model = load({sources[settings.model]!r}, precision, {device_argument(settings)})\n"
        '    print(f"{stored_bytes(model):,} bytes")\n'
        "    found = predictions(tokenizer, model)\n"
        "    reference = reference or found\n"
        "    kl, same = distance(reference, found)\n"
        '    print(f"{kl:.2g} nats from float32, the same top token in {same:.0%}")\n'
        '    if precision.endswith("_compiled"):\n'
        "        compile_model(model)\n"
        f"    for repeat in range({settings.repeats}):\n"
        "        start = time.perf_counter()\n"
        f"        text = generate(tokenizer, model, {settings.prompt!r}, max_new_tokens={settings.max_new_tokens})\n"
        f'        print(f"{settings.max_new_tokens} tokens in {{time.perf_counter() - start:.1f}} s")\n'
        "    print(text)\n"
        "    del model  # before the next one is loaded\n"
    )
