"""The code that a page shows: the lab's program as it is, and a last cell that calls it with the settings chosen.

Pasted into a notebook, it runs. No torch here.

    >>> print(shown_code(LABS["text_generation"], Settings(device="cpu", dtype="float32")))
"""

from typing import Any

from core.labs.optimisation.cell import cell as optimisation_cell
from core.models.catalog import CATALOG
from core.runs.lab import Lab
from core.runs.settings import LESSON_PICTURE, LESSON_PICTURE_URL, LabSettings, ModelSettings

NOTES = {
    "hub": "",
    "auto": "",
    "dummy": "# VRAM Lab ran this with random weights of the same size; here the pretrained ones are downloaded.\n",
    "embedded": "# VRAM Lab runs its small twin; this downloads the real model.\n",
}
FETCHING = "import io\n\nimport requests\n"
"""What fetching the lesson's picture takes."""


def shown_code(lab: Lab, settings: LabSettings, paths: dict[str, str] | None = None) -> str:
    """The program's text, then a cell that calls it.

    Args:
        settings: planned ones; where device or dtype is still `auto`, the cell decides it where it runs.
        paths: model id -> where to load from, in place of the Hub's address.
    """
    return f"{program_text(lab)}\n\n{last_cell(lab, settings, paths)}"


def program_text(lab: Lab) -> str:
    """The file that runs, word for word."""
    return lab.program.read_text(encoding="utf-8")


def last_cell(lab: Lab, settings: LabSettings, paths: dict[str, str] | None = None) -> str:
    """The calls with these settings; what they print is what the run measures."""
    if not isinstance(settings, ModelSettings):
        return "for name, value in facts().items():\n    print(name, value)\n"
    # Ultralytics fetches its file by its name alone.
    sources = {name: model.file or model.repo for name, model in CATALOG.items()} | (paths or {})
    note = "" if paths else NOTES[settings.source]
    cells = {
        "load_model": _load_model,
        "text_generation": _text_generation,
        "precision": _precision,
        "text_to_image": _text_to_image,
        "inpainting": _inpainting,
        "image_classification": _image_classification,
        "optimisation": _optimisation,
    }
    return note + cells[lab.name](settings, sources, bool(paths))


def _load_model(settings: Any, sources: dict[str, str], is_local: bool) -> str:
    place = _place(settings)
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
        f"pipe = load_picture_model({sources[settings.model]!r}, {place}{_variant(settings, is_local)}{pipeline})\n"
        'print(f"{time.perf_counter() - start:.1f} s")\n'
        "for name, part in pipe.components.items():\n"
        "    if isinstance(part, torch.nn.Module):\n"
        '        print(name, "%d parameters, %d bytes" % count(part))\n'
    )


def _text_generation(settings: Any, sources: dict[str, str], is_local: bool) -> str:
    return (
        "import time\n\n"
        f"tokenizer, model = load({sources[settings.model]!r}, {_place(settings)})\n"
        f"for repeat in range({settings.repeats}):\n"
        "    start = time.perf_counter()\n"
        "    text, new_tokens = generate(\n"
        f"        tokenizer,\n        model,\n        {settings.prompt!r},\n"
        f"        max_new_tokens={settings.max_new_tokens},\n        do_sample={settings.do_sample},\n"
        f"        temperature={settings.temperature},\n        seed={settings.seed},\n    )\n"
        '    print(f"{new_tokens} tokens in {time.perf_counter() - start:.1f} s")\n'
        "print(text)\n"
    )


def _precision(settings: Any, sources: dict[str, str], is_local: bool) -> str:
    names = "".join(f"    {name!r},\n" for name in settings.precisions)
    return (
        "import time\n\n"
        f"reference = None\nfor precision in [\n{names}]:\n"
        f"    tokenizer, model = load({sources[settings.model]!r}, precision, {_device(settings)})\n"
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


def _text_to_image(settings: Any, sources: dict[str, str], is_local: bool) -> str:
    sweep, side = settings.sweep or "seed", _side(settings, settings.model, is_local)
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
        f"pipe = load({sources[settings.model]!r}, {_place(settings)}{_variant(settings, is_local)})\n"
        f"for number, {name} in enumerate({swept}, start=1):\n"
        "    start = time.perf_counter()\n"
        "    picture = generate(\n"
        f"        pipe,\n        {settings.prompt!r},\n{lines}    ).images[0]\n"
        f'    print(f"{name} {{{name}}}: {{time.perf_counter() - start:.1f}} s")\n'
        '    picture.save(f"picture-{number}.png")\n'
    )


def _inpainting(settings: Any, sources: dict[str, str], is_local: bool) -> str:
    seed = "random.randrange(2**32)" if settings.seed is None else settings.seed
    return (
        f"import random\n{FETCHING if _is_fetched(settings) else ''}\n"
        f"detector = load_detector({sources[settings.detector]!r}, {_device(settings)!s})\n"
        f"pipe = load_painter({sources[settings.model]!r}, {_place(settings)}{_variant(settings, is_local)})\n"
        f"{_picture(settings)}"
        f"mask, found = find_region(\n"
        f"    detector, picture, region={settings.region!r}, imgsz={_side(settings, settings.detector, is_local)}\n)\n"
        'print(found or "Nothing found: the middle of the picture is painted over.")\n'
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


def _painted_size(settings: Any, is_local: bool) -> str:
    """Width and height as they are where both are set, else what follows from the picture's proportions."""
    if settings.width and settings.height:
        return f"{settings.width}, {settings.height}"
    side = _side(settings, settings.model, is_local)
    found = f"painting_size(picture.size, side={side})"
    if settings.width or settings.height:
        return f"{settings.width or found + '[0]'}, {settings.height or found + '[1]'}"
    return found


def _image_classification(settings: Any, sources: dict[str, str], is_local: bool) -> str:
    name, version, twin = settings.model, CATALOG[settings.model].revision, ""
    if is_local and settings.source == "embedded":
        name, version, twin = "small_resnet", "SCENES_V1", "import core.models.small_resnet\n"
    path = f", path={sources[settings.model]!r}" if is_local else ""
    return (
        f"import time\n{FETCHING if _is_fetched(settings) else ''}{twin}\n"
        f"model, published = load({name!r}, {version!r}{path}, {_place(settings)})\n"
        f"model.{'eval()' if settings.eval_mode else 'train()'}\n"
        f"{_picture(settings)}"
        "pictures = [\n"
        f"    preprocess(view, published, normalise={settings.normalise})[2]\n"
        f"    for view in views(picture, {max(settings.batch_sizes)})\n"
        "]\n"
        f"probabilities = classify(model, torch.stack(pictures[:1]), inference_mode={settings.inference_mode})\n"
        'for category, probability in top(probabilities[0], published.meta["categories"]):\n'
        '    print(f"{category}: {probability:.1%}")\n'
        f"for size in {list(settings.batch_sizes)}:\n"
        "    batch = torch.stack(pictures[:size])\n"
        f"    for repeat in range({settings.repeats}):\n"
        "        start = time.perf_counter()\n"
        f"        classify(model, batch, inference_mode={settings.inference_mode})\n"
        "        seconds = time.perf_counter() - start\n"
        '        print(f"{size} at once: {seconds:.3f} s, {size / seconds:.1f} pictures per second")\n'
    )


def _is_fetched(settings: Any) -> bool:
    return bool(settings.settled().picture == LESSON_PICTURE)


def _picture(settings: Any) -> str:
    """The line that opens the picture, by the lesson's address where it is the lesson's."""
    name = settings.settled().picture
    if _is_fetched(settings):
        file, why = f'io.BytesIO(requests.get("{LESSON_PICTURE_URL}").content)', "the lesson's picture"
    else:
        file, why = '"picture.png"' if name.startswith("upload:") else f'"{name}.png"', "put any picture of yours here"
    return f'picture = Image.open({file}).convert("RGB")  # {why}\n'


def _side(settings: Any, model: str, is_local: bool) -> int | None:
    """The side in pixels that a model was made for."""
    known = CATALOG[model]
    return known.twin_size if is_local and settings.source == "embedded" else known.native_size


def _optimisation(settings: Any, sources: dict[str, str], is_local: bool) -> str:
    path, variant = sources[settings.model], _variant(settings, is_local)
    return optimisation_cell(settings, path, _place(settings), variant, is_local)


def _device(settings: ModelSettings) -> str:
    if settings.device == "auto":
        return 'device="cuda" if torch.cuda.is_available() else "cpu"'
    return f'device="{settings.device}"'


def _place(settings: ModelSettings) -> str:
    """Device and precision as arguments of a load function."""
    if settings.dtype != "auto":
        return f"{_device(settings)}, dtype=torch.{settings.dtype}"
    if settings.device == "auto":
        return f"{_device(settings)}, dtype=torch.float16 if torch.cuda.is_available() else torch.float32"
    return f"{_device(settings)}, dtype=torch.{'float32' if settings.device == 'cpu' else 'float16'}"


def _variant(settings: ModelSettings, is_local: bool) -> str:
    return ", variant=None" if is_local and settings.source == "embedded" else ', variant="fp16"'
