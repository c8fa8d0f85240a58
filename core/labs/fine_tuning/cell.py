"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.fine_tuning.settings import Settings, Way, captions_of
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
    )
    return (
        f"import time\n\n"
        f"pipe = load({sources[settings.model]!r}, {device_argument(settings)}{file_variant(settings, is_local)})\n"
        f"schedule = DDPMScheduler.from_config(pipe.scheduler.config)\n"
        f"{pictures}{captions}"
        f"latents, texts = encode(pipe, pictures, captions, side={planned.side})\n"
        f"held_out = max(1, len(pictures) // 4)\n"
        f"learnt, unseen = (latents[:-held_out], texts[:-held_out]), (latents[-held_out:], texts[-held_out:])\n\n\n"
        f"def tune(name, rate):\n{steps}"
        f"    for number, prompt in enumerate([captions[-1], {settings.prompt!r}], start=1):\n"
        f"        picture = draw(pipe, prompt, {planned.side}, {planned.num_inference_steps}, "
        f"{settings.guidance_scale}, {settings.seed})\n"
        f'        picture.save(f"{{name}}-{{number}}.png")\n\n\n' + "".join(_way(planned, way) for way in settings.ways)
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
