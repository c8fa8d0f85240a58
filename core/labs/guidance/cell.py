"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.guidance.settings import TWIN_SIDE, Settings
from core.runs.arguments import file_variant, place_arguments, side_of


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    planned = settings.settled()
    call = (
        f"denoise(\n        pipe,\n        {settings.prompt!r},\n        guidance_scale,\n"
        f"        num_inference_steps={planned.num_inference_steps},\n"
        f"        side={_side(planned, is_local)},\n        random_seed={settings.seed},\n    )\n"
    )
    scales = f"[{', '.join(f'{scale:g}' for scale in settings.drawn())}]"
    return (
        "import time\n\n"
        f"pipe = load({sources[settings.model]!r}, {place_arguments(settings)}{file_variant(settings, is_local)})\n"
        f"for guidance_scale in [{settings.guidance_scale:g}, None] * {settings.repeats}:\n"
        f"    start = time.perf_counter()\n    latents = {call}"
        "    latents.cpu()  # waits until a GPU is done\n"
        '    print(f"guidance_scale {guidance_scale}: {time.perf_counter() - start:.2f} s")\n'
        f"for guidance_scale in {scales}:\n"
        f"    latents = {call}"
        "    picture = decode(pipe, latents)\n"
        '    picture.save(f"scale-{guidance_scale}.png")\n'
        "again = decode(pipe, to_latents(pipe, picture))\n"
        "loss = np.abs(np.asarray(again, dtype=float) - np.asarray(picture, dtype=float)).mean()\n"
        'print(f"The autoencoder alone: {loss:.2f} of 255 away on average")\n'
    )


def _side(planned: Settings, is_local: bool) -> int | None:
    """Where the cell loads the real model in place of the twin, its own side in place of the twin's."""
    is_twins = planned.source == "embedded" and planned.side == TWIN_SIDE
    return side_of(planned, planned.model, is_local) if is_twins else planned.side
