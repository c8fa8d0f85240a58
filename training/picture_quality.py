"""Measures the two picture twins through their stock pipelines, with the judge's eyes.

>>> drawing = measure_drawing(load(StableDiffusionPipeline, "stable-diffusion-1.5"), prompts=200)
>>> drawing["shown"]["scene"], drawing["judge"]["scene"]
(0.985, 1.0)
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from training import judge
from training.captions import plain_caption
from training.data import as_pictures, as_tensor, pictures, scene_set
from training.inpainting_data import draw_examples, examples
from training.scenes import ATTRIBUTES, OBJECTS

SEED = 51
BATCH = 50
STEP_COUNTS = (1, 5, 10, 25, 50)
FEW_STEPS = (1, 2, 4, 8)
GUIDANCE_SCALES = (1.0, 5.0, 7.5, 20.0, 100.0)
MODELS = Path("embedded_models")


def load(pipeline: Any, model: str) -> Any:
    """A twin's pipeline as a lab loads it, without progress bar."""
    pipe = pipeline.from_pretrained(MODELS / model, dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def side_of(pipe: Any) -> int:
    """Side in pixels of the pictures that a twin was trained to draw."""
    return int(pipe.unet.config.sample_size * pipe.vae_scale_factor)


def generated(
    pipe: Any, texts: Sequence[str], num_inference_steps: int = 50, guidance_scale: float = 7.5
) -> np.ndarray:
    """uint8 pictures of the prompts; prompt number i gets seed i."""
    made = []
    for start in range(0, len(texts), BATCH):
        part = list(texts[start : start + BATCH])
        seeds = [torch.Generator().manual_seed(start + index) for index in range(len(part))]
        found = pipe(
            part,
            negative_prompt=[""] * len(part),
            num_inference_steps=num_inference_steps,
            guidance_scale=guidance_scale,
            generator=seeds,
            output_type="pt",
        ).images
        made.append(as_pictures(found * 2 - 1))
    return np.concatenate(made)


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """Mean absolute difference, 0 to 255."""
    return float(np.abs(first.astype(np.float32) - second.astype(np.float32)).mean())


def reconstruction_db(vae: Any, values: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, the mean over uint8 pictures that are encoded and decoded again."""
    parts = [values[start : start + BATCH] for start in range(0, len(values), BATCH)]
    with torch.no_grad():
        again = np.concatenate([as_pictures(_through_vae(vae, part)) for part in parts])
    error = np.square(values.astype(np.float32) - again).mean(axis=(1, 2, 3))
    return float(np.mean(10 * np.log10(255**2 / error)))


def measure_drawing(pipe: Any, prompts: int, sweep_prompts: int = 40) -> dict[str, Any]:
    """How often the twin's pictures show what the prompt names, and how steps, guidance and seed act."""
    scenes, referee = scene_set(SEED, prompts), judge.load()
    texts = [plain_caption(scene) for scene in scenes]
    shown = judge.rates(referee, generated(pipe, texts), scenes)
    true = pictures("judge-own", scenes, side_of(pipe))
    own = judge.rates(referee, true, scenes)
    some = texts[:sweep_prompts]
    by_steps = {count: generated(pipe, some, num_inference_steps=count) for count in STEP_COUNTS}
    again = generated(pipe, some[:2], num_inference_steps=10)
    return {
        "prompts": prompts,
        "shown": shown,
        "judge": own,
        "reconstruction_db": reconstruction_db(pipe.vae, true),
        "share_of_judge": {name: shown[name] / own[name] for name in ATTRIBUTES},
        "sweep_prompts": sweep_prompts,
        "adherence_by_guidance_scale": {
            str(scale): _mean(judge.rates(referee, generated(pipe, some, guidance_scale=scale), scenes[:sweep_prompts]))
            for scale in GUIDANCE_SCALES
        },
        "distance_to_50_steps": {str(count): distance(made, by_steps[50]) for count, made in by_steps.items()},
        "same_seed_is_identical": bool((again == generated(pipe, some[:2], num_inference_steps=10)).all()),
        "other_seed_distance": distance(*generated(pipe, [some[0]] * 2, num_inference_steps=10)),
    }


def measure_few_steps(pipe: Any, teacher: Any, prompts: int) -> dict[str, Any]:
    """What a distilled twin shows after few steps, beside its teacher."""
    scenes, referee = scene_set(SEED, prompts), judge.load()
    texts = [plain_caption(scene) for scene in scenes]

    def seen(which: Any, steps: int) -> float:
        return _mean(judge.rates(referee, generated(which, texts, num_inference_steps=steps), scenes))

    return {
        "prompts": prompts,
        "adherence_by_steps": {str(steps): seen(pipe, steps) for steps in FEW_STEPS},
        "teacher_by_steps": {str(steps): seen(teacher, steps) for steps in FEW_STEPS},
        "teacher_at_50": seen(teacher, 50),
    }


def _mean(rates: dict[str, float]) -> float:
    return sum(rates.values()) / len(rates)


def measure_inpainting(pipe: Any, count: int) -> dict[str, Any]:
    """How often the prompted object is seen in the region, and what happens to the pixels around it."""
    chosen = [each for each in examples(SEED, count * 3) if each.wanted not in ("none", each.scene.object)][:count]
    drawn = draw_examples(chosen, side_of(pipe))
    texts = [f"a {each.wanted}, {each.scene.style}" for each in chosen]
    before = np.stack([each.before for each in drawn])
    outside = np.stack([each.region for each in drawn]) < 128
    after = np.concatenate([painted(pipe, texts[i], before[i], ~outside[i], seed=i)[None] for i in range(count)])
    wanted = torch.tensor([OBJECTS.index(each.wanted) for each in chosen])
    referee = judge.load()

    def share_seen(values: np.ndarray) -> float:
        return float((judge.verdicts(referee, values)["object"] == wanted).float().mean())

    with torch.no_grad():
        coded = as_pictures(torch.cat([_through_vae(pipe.vae, before[i : i + 50]) for i in range(0, count, 50)]))
    return {
        "pictures": count,
        "prompted_object_seen": share_seen(after),
        "seen_in_true_scenes": share_seen(np.stack([each.after for each in drawn])),
        "change_outside": distance(after[outside], before[outside]),
        "change_outside_of_the_autoencoder_alone": distance(coded[outside], before[outside]),
    }


def painted(pipe: Any, text: str, before: np.ndarray, region: np.ndarray, seed: int) -> np.ndarray:
    """The picture with the prompt painted where `region` is true, uint8."""
    result = pipe(
        prompt=text,
        negative_prompt="",
        image=Image.fromarray(before),
        mask_image=Image.fromarray((region * 255).astype(np.uint8)),
        width=side_of(pipe),
        height=side_of(pipe),
        num_inference_steps=25,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(seed),
    )
    return np.asarray(result.images[0])


def _through_vae(vae: Any, values: np.ndarray) -> torch.Tensor:
    """Encoded and decoded again: what the autoencoder alone changes."""
    return torch.as_tensor(vae.decode(vae.encode(as_tensor(values)).latent_dist.mean).sample)
