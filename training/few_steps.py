"""Distills the twin of Stable Diffusion into one that needs four steps. python -m training.few_steps

Latent consistency distillation (Luo et al. 2023, arXiv 2310.04378): from noisy latents at any step the network learns
to name at once where its teacher would arrive, by agreeing with itself one jump of the teacher's further down. What
guidance does is learned as well, its scale being an input, so that a step asks the network once and not twice.

Needs `training.text_to_image` first.
"""

from pathlib import Path

import numpy as np
import torch
from diffusers import LCMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from training import vae as autoencoder
from training.captions import prompt_for_training
from training.data import DEVICE, pictures, scene_set
from training.diffusion import SCHEDULE, inherit, latents, new_unet
from training.loop import Training
from training.text_to_image import OUTPUT as TEACHER
from training.text_to_image import SCENES, pipeline, tokens, trained_vae

MODEL = "lcm-dreamshaper-v7"
OUTPUT = Path("embedded_models") / MODEL
SEED, BATCH, STEPS, LEARNING_RATE = 71, 16, 800, 3e-4
GUIDANCE_SCALES = (1.0, 10.0)
GUIDANCE_WIDTH = 64
"""Numbers that carry the guidance scale into the network."""
JUMP = 40
"""Steps of the schedule from where the network looks to where it has to agree with itself."""
HUBER = 0.03
"""Errors above it count linearly."""
SCHEDULER = LCMScheduler()


def new_student(teacher: UNet2DConditionModel) -> UNet2DConditionModel:
    """The teacher with an input for the guidance scale, which does nothing yet."""
    student = new_unet(SEED, time_cond_proj_dim=GUIDANCE_WIDTH)
    inherit(student, teacher)
    torch.nn.init.zeros_(student.time_embedding.cond_proj.weight)
    return student


def guidance_waves(scales: torch.Tensor) -> torch.Tensor:
    """Guidance scales [n] as the stock pipeline tells them to the network, [n, GUIDANCE_WIDTH]."""
    half = GUIDANCE_WIDTH // 2
    rates = torch.exp(torch.arange(half, device=scales.device) * -(np.log(10_000) / (half - 1)))
    angles = (scales[:, None] - 1) * 1000 * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def kept_and_added(steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What a step leaves of the picture and adds of noise, each [n, 1, 1, 1]; below the first step all is left."""
    left = SCHEDULE.alphas_cumprod.to(steps.device)[steps.clamp(min=0)]
    kept = torch.where(steps < 0, torch.ones_like(left), left)[:, None, None, None]
    return kept.sqrt(), (1 - kept).sqrt()


def arrival(
    student: UNet2DConditionModel, noisy: torch.Tensor, steps: torch.Tensor, words: torch.Tensor, waves: torch.Tensor
) -> torch.Tensor:
    """Latents without noise, as the network names them and the stock scheduler reads them."""
    kept, added = kept_and_added(steps)
    noise = student(noisy, steps.clamp(min=0), words, timestep_cond=waves).sample.float()
    share_of_input, share_of_output = SCHEDULER.get_scalings_for_boundary_condition_discrete(
        steps.clamp(min=0)[:, None, None, None].float()
    )
    return torch.as_tensor(share_of_output * (noisy - added * noise) / kept + share_of_input * noisy)


@torch.no_grad()
def led(
    teacher: UNet2DConditionModel,
    noisy: torch.Tensor,
    steps: torch.Tensor,
    words: torch.Tensor,
    empty: torch.Tensor,
    scales: torch.Tensor,
) -> torch.Tensor:
    """Where the guided teacher goes from `noisy` with one jump of DDIM."""
    both = teacher(noisy.repeat(2, 1, 1, 1), steps.repeat(2), torch.cat([empty.expand_as(words), words])).sample
    without, towards = both.float().chunk(2)
    noise = without + scales[:, None, None, None] * (towards - without)
    kept, added = kept_and_added(steps)
    kept_there, added_there = kept_and_added(steps - JUMP)
    return torch.as_tensor(kept_there * (noisy - added * noise) / kept + added_there * noise)


def consistency_loss(
    student: UNet2DConditionModel,
    teacher: UNet2DConditionModel,
    clean: torch.Tensor,
    words: torch.Tensor,
    empty: torch.Tensor,
) -> torch.Tensor:
    """How far the arrivals from two points of one path of the teacher lie apart."""
    grid = SCHEDULE.config.num_train_timesteps // SCHEDULER.config.original_inference_steps
    jumps = torch.randint(1, SCHEDULER.config.original_inference_steps + 1, (len(clean),), device=clean.device)
    steps = grid * jumps - 1
    low, high = GUIDANCE_SCALES
    scales = low + (high - low) * torch.rand(len(clean), device=clean.device)
    waves = guidance_waves(scales)
    noisy = SCHEDULE.add_noise(clean, torch.randn_like(clean), steps)
    here = arrival(student, noisy, steps, words, waves)
    with torch.no_grad():
        further = led(teacher, noisy, steps, words, empty, scales)
        there = arrival(student, further, steps - JUMP, words, waves)
        there = torch.where((steps < JUMP)[:, None, None, None], further, there)
    return ((here - there).square() + HUBER**2).sqrt().mean() - HUBER


def main() -> None:
    scenes = scene_set(autoencoder.SEED, autoencoder.SCENES)
    vae = trained_vae()
    clean = latents("train", vae, pictures("train", scenes)[:SCENES])
    tokenizer = CLIPTokenizer.from_pretrained(TEACHER / "tokenizer")
    text_encoder = CLIPTextModel.from_pretrained(TEACHER / "text_encoder", dtype=torch.float32).to(DEVICE).eval()
    teacher = UNet2DConditionModel.from_pretrained(TEACHER / "unet", torch_dtype=torch.float32).to(DEVICE).eval()
    student = new_student(teacher).to(DEVICE).train()
    with torch.no_grad():
        empty = text_encoder(tokens(tokenizer, [""])).last_hidden_state
    training = Training("few_steps", {"unet": student}, STEPS, LEARNING_RATE, is_averaged=True)
    for step in training:
        random = np.random.default_rng((SEED, step))
        chosen = random.integers(SCENES, size=BATCH)
        texts = [prompt_for_training(scenes[index], random) for index in chosen]
        with torch.no_grad():
            words = text_encoder(tokens(tokenizer, texts)).last_hidden_state
        training.descend(consistency_loss(student, teacher, clean[chosen], words, empty))
    training.finish()
    pipe = pipeline(tokenizer, text_encoder, student, vae, SCHEDULER)
    pipe.to("cpu", torch.float16).save_pretrained(OUTPUT)


if __name__ == "__main__":
    main()
