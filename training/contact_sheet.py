"""Draws contact sheets to look at: true scenes, and what the twins make of prompts. python -m training.contact_sheet

Writes `docs/training/*.png`. Pictures of the sizes that the twins were made for, with nothing smoothed.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLInpaintPipeline
from PIL import Image

from core.labs.ddpm import program as ddpm
from core.labs.text_to_video.program import without_motion
from training.clip_quality import drawn as filmed
from training.clip_quality import load as load_moving
from training.clips import clip
from training.data import DEVICE, as_pictures, pictures, scene_set
from training.inpainting_data import draw_examples, examples
from training.picture_quality import FEW_STEPS, MODELS, generated, load, painted, side_of

FOLDER = Path("docs") / "training"
SEED, COLUMNS, GAP, CELL_PX = 61, 8, 4, 128
PROMPTS = (
    "A futuristic city skyline at sunset, digital art",
    "A city skyline at night with a boat, comic book style",
    "Snowy mountains by day with a house, watercolor painting",
    "Mountains at sunset with a cat, digital art",
    "A calm sea at night with a boat, digital art",
    "A sea by day with a tree, comic book style",
    "A pine forest by day with a cat, comic book style",
    "A forest at sunset with a house, watercolor painting",
)
FILM_PROMPTS = (
    "A sea by day with a boat, digital art",
    "Mountains at night with a house, digital art",
    "A city skyline at sunset, watercolor painting",
    "A forest by day with a cat, comic book style",
)
STEPS = (1, 2, 3, 5, 10, 25, 50, 100)
SCALES = (0, 1, 2, 5, 7.5, 20, 50, 100)


def sheet(rows: Sequence[Sequence[np.ndarray]]) -> Image.Image:
    """uint8 pictures in rows, on white."""
    side = CELL_PX
    width, height = len(rows[0]) * (side + GAP) + GAP, len(rows) * (side + GAP) + GAP
    paper = Image.new("RGB", (width, height), "white")
    for y, row in enumerate(rows):
        for x, values in enumerate(row):
            large = Image.fromarray(values).resize((side, side), Image.Resampling.NEAREST)
            paper.paste(large, (GAP + x * (side + GAP), GAP + y * (side + GAP)))
    return paper


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    true = pictures("sheet", scene_set(SEED, 6 * COLUMNS))
    sheet([list(true[start : start + COLUMNS]) for start in range(0, len(true), COLUMNS)]).save(FOLDER / "scenes.png")
    pipe = load(StableDiffusionPipeline, "stable-diffusion-1.5")
    drawn = generated(pipe, [prompt for prompt in PROMPTS for _ in range(COLUMNS)])
    sheet([list(drawn[start : start + COLUMNS]) for start in range(0, len(drawn), COLUMNS)]).save(FOLDER / "drawn.png")
    some = PROMPTS[:3]
    by_steps = [generated(pipe, some, num_inference_steps=count) for count in STEPS]
    sheet([[made[row] for made in by_steps] for row in range(len(some))]).save(FOLDER / "steps.png")
    by_scale = [generated(pipe, some, guidance_scale=scale) for scale in SCALES]
    sheet([[made[row] for made in by_scale] for row in range(len(some))]).save(FOLDER / "guidance.png")
    few = load(StableDiffusionPipeline, "lcm-dreamshaper-v7")
    by_few = [generated(few, some, num_inference_steps=count) for count in FEW_STEPS]
    sheet([[made[row] for made in by_few] for row in range(len(some))]).save(FOLDER / "few_steps.png")
    _painted_sheet().save(FOLDER / "painted.png")
    _noise_sheet().save(FOLDER / "noise.png")
    _film_sheet().save(FOLDER / "films.png")


def _film_sheet() -> Image.Image:
    """A true film, then a row per prompt, then the first prompt without motion modules, from the same noise."""
    pipe = load_moving()
    rows = [list(clip(scene_set(SEED, 1)[0]))]
    rows += [list(filmed(pipe, prompt, SEED)) for prompt in FILM_PROMPTS]
    with without_motion(pipe):
        rows.append(list(filmed(pipe, FILM_PROMPTS[0], SEED)))
    return sheet(rows)


def _noise_sheet() -> Image.Image:
    """Out of the same noise: every step, every step without the added noise, and 50 steps of DDIM."""
    network, schedule = ddpm.load(str(MODELS / "ddpm-cifar10-32"), str(DEVICE)), ddpm.Schedule(device=str(DEVICE))
    rows = []
    for draw in (ddpm.sample, partial(ddpm.sample, add_sigma=False), ddpm.sample_ddim):
        torch.manual_seed(SEED)
        noise = torch.randn(COLUMNS, 3, ddpm.SIDE, ddpm.SIDE).to(DEVICE)
        rows.append(list(as_pictures(draw(network, noise, schedule))))
    return sheet(rows)


def _painted_sheet() -> Image.Image:
    """Before, region, after: a row of four replacements each."""
    pipe = load(StableDiffusionXLInpaintPipeline, "sdxl-inpainting")
    chosen = [each for each in examples(SEED, 80) if each.wanted not in ("none", each.scene.object)][:20]
    cells: list[np.ndarray] = []
    for seed, (each, drawn) in enumerate(zip(chosen, draw_examples(chosen, side_of(pipe)), strict=True)):
        region = drawn.region > 127
        after = painted(pipe, f"a {each.wanted}, {each.scene.style}", drawn.before, region, seed)
        cells += [drawn.before, np.where(region[..., None], 127, drawn.before).astype(np.uint8), after]
    return sheet([cells[start : start + 12] for start in range(0, len(cells), 12)])


if __name__ == "__main__":
    main()
