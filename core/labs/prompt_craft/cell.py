"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.prompt_craft.settings import TWIN_SIDE, Settings, stage_texts
from core.models.catalog import CLIP
from core.runs.arguments import file_variant, place_arguments, side_of


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    planned, place = settings.settled(), place_arguments(settings)
    has_clip = not (is_local and planned.source == "embedded")  # the twin's judge is no CLIP
    scored = ", {score(picture):.1f} of 100 like the whole prompt" if has_clip else ""
    return (
        f"import time\n\n"
        f"pipe = load({sources[planned.model]!r}, {place}{file_variant(settings, is_local)})\n"
        f"{_looking(sources[CLIP], place) if has_clip else ''}"
        f"prompt = {planned.prompt!r}\n"
        f"stages = {{\n{_stages(planned)}}}\n"
        f"{_functions(planned, is_local, has_clip)}"
        'print(f"{len(tokens(pipe.tokenizer, prompt))} tokens, {pipe.tokenizer.model_max_length} are read")\n'
        "for name, how in stages.items():\n"
        "    start = time.perf_counter()\n"
        "    picture = draw(*how)\n"
        f'    print(f"{{name}}: {{time.perf_counter() - start:.1f}} s{scored}")\n'
        '    picture.save(f"stage-{name}.png")\n\n'
        "read = read_part(pipe.tokenizer, prompt)\n"
        f"how = {_how(planned)}\n"
        "whole = draw(read, *how)\n"
        'print(f"another seed: moved by {distance(whole, draw(read, *how, seed + 1)):.1f} of 255")\n'
        f"{_nonsense(planned)}"
        f"for word in words(read)[:{planned.most_words}]:\n"
        "    moved = distance(whole, draw(without(read, word), *how))\n"
        '    print(f"without {word.group()!r}: moved by {moved:.1f} of 255")\n'
    )


def _looking(path: str, place: str) -> str:
    return f"clip, processor = load_clip({path!r}, {place})\n"


def _stages(settings: Settings) -> str:
    """Name of every stage, and what `draw` is called with."""
    return "".join(f"    {name!r}: {what!r},\n" for name, what in stage_texts(settings).items())


def _functions(settings: Settings, is_local: bool, has_clip: bool) -> str:
    is_twins = settings.source == "embedded" and settings.side == TWIN_SIDE
    side = side_of(settings, settings.model, is_local) if is_twins else settings.side
    draw = (
        f"seed = {settings.seed}\n\n\n"
        "def draw(text, negative_prompt, steps, scale, random_seed=seed):\n"
        f"    return generate(pipe, text, negative_prompt, steps, scale, {side}, random_seed).images[0]\n\n\n"
    )
    score = (
        "def score(picture):\n"
        "    text = text_direction(clip, processor, prompt)\n"
        "    return clip_score(picture_direction(clip, processor, picture), text)\n\n\n"
    )
    return draw + (score if has_clip else "")


def _how(settings: Settings) -> str:
    return repr((settings.negative_prompt.strip(), settings.num_inference_steps, settings.guidance_scale))


def _nonsense(settings: Settings) -> str:
    word = settings.nonsense.strip()
    if not word:
        return ""
    told = 'print(f"with {word!r} added: moved by {distance(whole, draw(more, *how)):.1f} of 255")\n'
    return f'word = {word!r}\nmore = f"{{read}}, {{word}}"\n{told}'
