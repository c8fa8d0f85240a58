"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.text_to_video.settings import MOTION, Settings
from core.runs.arguments import file_variant, place_arguments


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    planned = settings.settled()
    place = f"{place_arguments(settings)}{file_variant(settings, is_local)}"
    own_noise = ', beta_schedule="scaled_linear"' if is_local and settings.source == "embedded" else ""
    return (
        "import time\n\n"
        f"pipe = load(\n    {sources[planned.model]!r},\n    {sources[MOTION]!r},\n    {place}{own_noise},\n)\n\n\n"
        "def draw(num_frames):\n"
        "    return animate(\n"
        f"        pipe,\n        {planned.prompt!r},\n"
        f"        negative_prompt={planned.negative_prompt!r},\n"
        "        num_frames=num_frames,\n"
        f"        num_inference_steps={planned.num_inference_steps},\n"
        f"        guidance_scale={planned.guidance_scale},\n"
        f"        side={planned.side},\n"
        f"        random_seed={planned.seed},\n"
        "    ).frames[0]\n\n\n"
        f"for num_frames in {list(planned.num_frames)}:\n"
        "    start = time.perf_counter()\n"
        "    frames = draw(num_frames)\n"
        '    print(f"{num_frames} frames: {time.perf_counter() - start:.1f} s")\n'
        'save(frames, "clip.webp")\n'
        'print("from frame to frame:", [round(apart, 1) for apart in steps_apart(frames)])\n'
        "with without_motion(pipe):\n"
        "    alone = draw(num_frames)\n"
        'save(alone, "each-alone.webp")\n'
        'print("the same without motion modules:", [round(apart, 1) for apart in steps_apart(alone)])\n'
    )
