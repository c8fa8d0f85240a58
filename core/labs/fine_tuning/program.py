"""Fine-tune Stable Diffusion 1.5 on captioned pictures: every weight of the UNet, or LoRA beside it.

Needs: pip install torch "transformers>=5" "diffusers>=0.42" accelerate "peft>=0.17"
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from diffusers import DDPMScheduler, StableDiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn.functional import mse_loss
from transformers import CLIPModel, CLIPProcessor

ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
"""The layers beside which LoRA puts its own: those that read the picture and the text, in every attention."""


def load(
    path: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    device: str = "cuda",
    variant: str | None = "fp16",
    stage: Callable[[str], None] = print,
) -> StableDiffusionPipeline:
    """Read the pipeline in float32, in which small changes of a weight are not lost, with every part frozen."""
    stage("Reading the weights")
    pipe = StableDiffusionPipeline.from_pretrained(path, dtype=torch.float32, variant=variant)
    for part in (pipe.text_encoder, pipe.vae, pipe.unet):
        part.requires_grad_(False)
    stage(f"Moving the model to {device}")
    return pipe.to(device)


def cut(strip: Image.Image) -> list[Image.Image]:
    """Square pictures that lie beside each other."""
    side = strip.height
    return [strip.crop((left, 0, left + side, side)) for left in range(0, strip.width - side + 1, side)]


@torch.no_grad()
def encode(pipe: Any, pictures: list[Image.Image], captions: list[str], side: int = 512) -> tuple[Tensor, Tensor]:
    """What the frozen parts make of pictures and captions: latents [n, 4, side/8, side/8] and texts [n, 77, width].

    Both stay what they are while the UNet learns, so this is done once.
    """
    latents, texts = [], []
    for picture, caption in zip(pictures, captions, strict=True):
        square = ImageOps.fit(picture.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
        pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1)[None].to(pipe.device) / 127.5 - 1
        latents.append(pipe.vae.encode(pixels).latent_dist.mode() * pipe.vae.config.scaling_factor)
        tokens = pipe.tokenizer(caption, padding="max_length", truncation=True, return_tensors="pt").input_ids
        texts.append(pipe.text_encoder(tokens.to(pipe.device))[0])
    return torch.cat(latents), torch.cat(texts)


def free_every_weight(unet: Any) -> None:
    """Full fine-tuning: every weight of the UNet may change."""
    unet.requires_grad_(True)


def add_lora(unet: Any, rank: int = 8, random_seed: int = 0) -> None:
    """LoRA: the UNet stays frozen, and beside each of the chosen layers stand two small matrices that learn."""
    torch.manual_seed(random_seed)
    unet.add_adapter(LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=ATTENTION))


def loss_of(unet: Any, schedule: DDPMScheduler, latents: Tensor, texts: Tensor, noise: Tensor, steps: Tensor) -> Tensor:
    """How far the predicted noise is from the one that was added, squared: one value per picture, [n]."""
    noisy = schedule.add_noise(latents, noise, steps)
    predicted = unet(noisy, steps, encoder_hidden_states=texts).sample
    return mse_loss(predicted, noise, reduction="none").mean(dim=(1, 2, 3))


def train(
    unet: Any,
    schedule: DDPMScheduler,
    latents: Tensor,
    texts: Tensor,
    steps: int = 100,
    learning_rate: float = 1e-5,
    batch_size: int = 4,
    random_seed: int = 0,
    on_step: Callable[[int, float], bool] = lambda step, loss: True,
) -> torch.optim.Optimizer:
    """Change what is not frozen so that the loss falls. `on_step` is told the loss after every step, and may end it."""
    weights = [weight for weight in unet.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=learning_rate)
    chance = torch.Generator().manual_seed(random_seed)  # on the CPU: the same numbers wherever the training is
    for step in range(1, steps + 1):
        chosen = torch.randint(len(latents), (batch_size,), generator=chance)
        noise = torch.randn((batch_size, *latents.shape[1:]), generator=chance).to(latents.device)
        level = torch.randint(schedule.config.num_train_timesteps, (batch_size,), generator=chance)
        loss = loss_of(unet, schedule, latents[chosen], texts[chosen], noise, level.to(latents.device)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if not on_step(step, loss.item()):
            break
    return optimizer


@torch.no_grad()
def loss_on(unet: Any, schedule: DDPMScheduler, latents: Tensor, texts: Tensor, levels: tuple[int, ...]) -> Tensor:
    """The loss of each picture [n], averaged over these levels of noise, with the same noise at every call."""
    chance = torch.Generator().manual_seed(1)
    found = []
    for level in levels:
        noise = torch.randn(latents.shape, generator=chance).to(latents.device)
        steps = torch.full((len(latents),), level, device=latents.device)
        found.append(loss_of(unet, schedule, latents, texts, noise, steps))
    return torch.stack(found).mean(dim=0)


def draw(
    pipe: Any,
    prompt: str,
    side: int = 512,
    num_inference_steps: int = 20,
    guidance_scale: float = 7.5,
    random_seed: int = 0,
    on_step_end: Callable[..., Any] | None = None,
) -> Image.Image:
    """One picture with the weights as they are now."""
    picture: Image.Image = pipe(
        prompt,
        height=side,
        width=side,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        generator=torch.Generator().manual_seed(random_seed),
        callback_on_step_end=on_step_end,
    ).images[0]
    return picture


def load_clip(path: str = "openai/clip-vit-base-patch16", device: str = "cuda") -> tuple[CLIPModel, CLIPProcessor]:
    """Read the network that puts pictures and texts into one space, and what prepares both for it."""
    clip = CLIPModel.from_pretrained(path, dtype=torch.float32).to(device).eval()
    return clip, CLIPProcessor.from_pretrained(path)


@torch.no_grad()
def clip_score(clip: CLIPModel, processor: CLIPProcessor, picture: Image.Image, text: str) -> float:
    """How well a picture agrees with a text: 100 times the cosine of their directions, and 0 where that is negative."""
    inputs = processor(text=text, images=picture, truncation=True, return_tensors="pt").to(clip.device)
    found = clip(**inputs)
    return max(0.0, 100 * float((found.image_embeds * found.text_embeds).sum()))


def save_lora(unet: Any, folder: str) -> None:
    """Write the small matrices alone; `pipe.load_lora_weights(folder)` puts them beside any Stable Diffusion 1.5."""
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(unet))
    StableDiffusionPipeline.save_lora_weights(folder, layers)


def save_unet(unet: Any, folder: str) -> None:
    """Write every weight of the UNet; `UNet2DConditionModel.from_pretrained(folder)` reads it again."""
    unet.save_pretrained(folder)
