"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.fine_tuning.settings import Settings, Way, captions_of
from core.models.catalog import CLIP
from core.runs.arguments import device_argument, file_variant

START: dict[Way, str] = {
    "lora": "add_lora(pipe.unet, rank={rank}, random_seed={seed})",
    "full": "free_every_weight(pipe.unet)",
}
FILE: dict[Way, str] = {"lora": 'save_lora(pipe.unet, "lora")', "full": 'save_unet(pipe.unet, "unet")'}


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    planned = settings.settled()
    if not is_local and settings.source == "embedded":
        # The real model has sizes of its own; what was chosen by hand stays.
        planned = settings.model_copy(update={"source": "hub"}).settled()
    pictures, captions = _examples(settings)
    is_scored = planned.is_scored and not (is_local and settings.source == "embedded")  # the twin's judge is no CLIP
    steps = (
        f"    weights = sum(weight.numel() for weight in pipe.unet.parameters() if weight.requires_grad)\n"
        f'    print(f"{{name}}: {{weights:,}} numbers learn")\n'
        f"    before = loss_on(pipe.unet, schedule, *unseen, levels=(150, 500, 850)).mean()\n"
        f"    start = time.perf_counter()\n"
        f"    train(pipe.unet, schedule, *learnt, steps={planned.steps}, learning_rate=rate, "
        f"batch_size={planned.batch_size}, random_seed={settings.seed})\n"
        f'    print(f"{{name}}: {planned.steps} steps in {{time.perf_counter() - start:.1f}} s")\n'
        f"    after = loss_on(pipe.unet, schedule, *unseen, levels=(150, 500, 850)).mean()\n"
        f'    print(f"{{name}}: held-out loss {{before:.3f}} before, {{after:.3f}} after")\n'
        f"{_change() if is_scored else ''}"
    )
    return (
        f"import time\n\n"
        f"pipe = load({sources[settings.model]!r}, {device_argument(settings)}{file_variant(settings, is_local)})\n"
        f"schedule = DDPMScheduler.from_config(pipe.scheduler.config)\n"
        f"{pictures}{captions}"
        f"latents, texts = encode(pipe, pictures, captions, side={planned.side})\n"
        f"held_out = max(1, len(pictures) // 4)\n"
        f"learnt, unseen = (latents[:-held_out], texts[:-held_out]), (latents[-held_out:], texts[-held_out:])\n"
        f"{_scoring(planned, sources[CLIP]) if is_scored else ''}\n\n"
        f"def tune(name, rate):\n{steps}"
        f"    for number, prompt in enumerate([captions[-1], {settings.prompt!r}], start=1):\n"
        f"        picture = draw(pipe, prompt, {planned.side}, {planned.num_inference_steps}, "
        f"{settings.guidance_scale}, {settings.seed})\n"
        f'        picture.save(f"{{name}}-{{number}}.png")\n\n\n' + "".join(_way(planned, way) for way in settings.ways)
    )


def _scoring(planned: Settings, path: str) -> str:
    """Lines that read CLIP and score the prompts once, before any training."""
    prompts = "".join(f"    {prompt!r},\n" for prompt in planned.scored_prompts)
    return (
        f"clip, processor = load_clip({path!r}, {device_argument(planned)})\n"
        f"prompts = [\n{prompts}]\n\n\n"
        "def scores():\n"
        "    found = []\n"
        f"    for seed, prompt in enumerate(prompts, start={planned.seed}):\n"
        f"        picture = draw(pipe, prompt, {planned.side}, {planned.num_inference_steps}, "
        f"{planned.guidance_scale}, seed)\n"
        "        found.append(clip_score(clip, processor, picture, prompt))\n"
        "    return np.array(found)\n\n\n"
        "scored = scores()\n"
    )


def _change() -> str:
    return (
        "    now = scores()\n"
        '    print(f"{name}: CLIP score {scored.mean():.1f} before, {now.mean():.1f} after")\n'
        '    print(f"{name}: by prompt {np.round(now - scored, 1)}")\n'
    )


def _way(planned: Settings, way: Way) -> str:
    rate = planned.lora_learning_rate if way == "lora" else planned.full_learning_rate
    start = START[way].format(rank=planned.rank, seed=planned.seed)
    checkpointing = "pipe.unet.enable_gradient_checkpointing()\n" if planned.checkpointing else ""
    off = "pipe.unet.unload_lora()\n" if way == "lora" and "full" in planned.ways else ""
    return f'{start}\n{checkpointing}tune("{way}", {rate})\n{FILE[way]}\n{off}'


def _examples(settings: Settings) -> tuple[str, str]:
    """Lines that open the pictures, beside each other in one file, and their captions."""
    name = "blueprint" if settings.picture == "shipped" else "pictures"
    told = "beside the lab's program" if settings.picture == "shipped" else "square, beside each other"
    pictures = f'pictures = cut(Image.open("{name}.png"))  # {told}\n'
    if settings.picture == "shipped":
        return pictures, 'captions = open("blueprint.txt").read().splitlines()\n'
    lines = "".join(f"    {caption!r},\n" for caption in captions_of(settings.captions))
    return pictures, f"captions = [\n{lines}]\n"
