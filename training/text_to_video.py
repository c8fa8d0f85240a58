"""Trains the twin of the motion adapter: what lets frames look at each other. python -m training.text_to_video

The twin of Stable Diffusion stays as it is. Between its layers stand motion modules: attention of each place of the
picture across the frames of a clip. They end in zero at first, so that the training begins with the plain twin, which
draws every frame as a picture of its own. Needs `training.text_to_image` first.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
from transformers import CLIPTextModel, CLIPTokenizer

from core.labs.text_to_video.program import with_motion
from training.captions import prompt_for_training
from training.clips import FRAMES, clip_latents
from training.data import DEVICE, scene_set
from training.diffusion import SCHEDULE, WIDTHS
from training.loop import Training
from training.text_to_image import OUTPUT as DRAWING_TWIN
from training.text_to_image import tokens, trained_vae

MODEL = "animatediff-motion-adapter-v1-5-2"
OUTPUT = Path("embedded_models") / MODEL
SEED, CLIPS, BATCH, STEPS, LEARNING_RATE = 91, 1000, 2, 2100, 1e-3
PLACING_STEPS, PLACED_BY, NOISY = 620, 650, 0.8
"""In the training's second part the sun gets its place: the share NOISY of its steps is from PLACED_BY on."""
HEADS, GROUPS = 4, 16
LARGEST_WEIGHT = 20.0
"""Of a step with much noise: there it is decided where things stand, and the noise says little of it."""
MOVING = 8.0
"""So many times more counts what differs from the clip's other frames: the sun is a small part of a picture."""


def new_adapter(seed: int) -> MotionAdapter:
    """The motion modules for the small network, the same every time; they change nothing yet."""
    torch.manual_seed(seed)
    adapter = MotionAdapter(
        block_out_channels=WIDTHS,
        motion_layers_per_block=1,
        motion_num_attention_heads=HEADS,
        motion_norm_num_groups=GROUPS,
        motion_max_seq_length=32,
        use_motion_mid_block=True,
    )
    for name, value in adapter.named_parameters():
        if ".proj_out." in name:
            torch.nn.init.zeros_(value)
    return adapter


def moving_unet(adapter: MotionAdapter) -> UNetMotionModel:
    """The drawing twin's denoising network with the motion modules in it; only they are trained."""
    drawing = UNet2DConditionModel.from_pretrained(DRAWING_TWIN / "unet", torch_dtype=torch.float32)
    drawing.requires_grad_(False)
    return with_motion(drawing, adapter)


def any_steps(count: int) -> torch.Tensor:
    """`count` steps of the schedule, each as likely."""
    return torch.randint(0, SCHEDULE.config.num_train_timesteps, (count,))


def mostly_noisy_steps(count: int) -> torch.Tensor:
    """`count` steps, the share NOISY of them from PLACED_BY on, the others any."""
    noisy = torch.randint(PLACED_BY, SCHEDULE.config.num_train_timesteps, (count,))
    return torch.where(torch.rand(count) < NOISY, noisy, any_steps(count))


def clip_loss(unet: UNetMotionModel, clean: torch.Tensor, words: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Weighted squared error of the noise named in clips [n, FRAMES, 4, s, s] at `steps` [n].

    Every frame has noise of its own; a clip's frames are at the same step. The weights are those of a network that
    names the velocity (Salimans and Ho 2022), up to LARGEST_WEIGHT, and MOVING times more where something moves.
    """
    noise = torch.randn_like(clean)
    noisy = SCHEDULE.add_noise(clean, noise, steps)
    with torch.autocast(clean.device.type, torch.bfloat16):
        named = unet(noisy.transpose(1, 2), steps, words.repeat_interleave(FRAMES, dim=0)).sample.transpose(1, 2)
    error = (named.float() - noise).square() * (1 + MOVING * moving_part(clean))
    kept = SCHEDULE.alphas_cumprod.to(clean.device)[steps]
    return (error.mean(dim=(1, 2, 3, 4)) * (1 / kept).clamp(max=LARGEST_WEIGHT)).mean()


def moving_part(clean: torch.Tensor) -> torch.Tensor:
    """Where a frame differs from what its clip shows there most of the time, 0 to 1, [n, FRAMES, 1, s, s]."""
    apart = (clean - clean.median(dim=1, keepdim=True).values).abs().mean(dim=2, keepdim=True)
    return torch.as_tensor(apart.clamp(max=1))


def main() -> None:
    torch.set_flush_denormal(True)
    scenes = scene_set(SEED, CLIPS)
    clips = clip_latents("train", trained_vae(), scenes)
    tokenizer = CLIPTokenizer.from_pretrained(DRAWING_TWIN / "tokenizer")
    text_encoder = CLIPTextModel.from_pretrained(DRAWING_TWIN / "text_encoder", dtype=torch.float32).to(DEVICE).eval()
    adapter = new_adapter(SEED)
    unet = moving_unet(adapter).to(DEVICE).train()

    def train(name: str, seed: int, steps: int, noised_to: Callable[[int], torch.Tensor]) -> None:
        training = Training(name, {"motion": adapter}, steps, LEARNING_RATE, is_averaged=False)
        for step in training:
            random = np.random.default_rng((seed, step))
            chosen = random.integers(CLIPS, size=BATCH)
            texts = [prompt_for_training(scenes[index], random) for index in chosen]
            with torch.no_grad():
                words = text_encoder(tokens(tokenizer, texts)).last_hidden_state
            clean, at = clips[chosen].float().to(DEVICE), noised_to(BATCH).to(DEVICE)
            training.descend(clip_loss(unet, clean, words, at))
        training.finish()

    train("text_to_video", SEED, STEPS, any_steps)
    unet.train()
    train("text_to_video_placing", SEED + 1, PLACING_STEPS, mostly_noisy_steps)
    adapter.to("cpu", torch.float16).save_pretrained(OUTPUT)


if __name__ == "__main__":
    main()
