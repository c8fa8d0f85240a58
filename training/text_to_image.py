"""Trains the twin of Stable Diffusion: text encoder and denoising network. python -m training.text_to_image

The autoencoder is that of `python -m training.vae`, or the shipped one. Writes the pipeline to `embedded_models/`.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from core.models.catalog import CONFIGS
from training import vae as autoencoder
from training.captions import prompt_for_training
from training.data import DEVICE, WORK, pictures, scene_set
from training.diffusion import MAX_TOKENS, VOCABULARY, inherit, latents, new_unet, noise_loss, write_tokenizer
from training.loop import Training

MODEL = "stable-diffusion-1.5"
OUTPUT = Path("embedded_models") / MODEL
SEED, SCENES, BATCH, STEPS, LEARNING_RATE = 21, 12_000, 16, 3000, 1e-3
WIDTH = 96
TOKENIZER = WORK / "tokenizer"


def new_text_encoder(seed: int) -> CLIPTextModel:
    """The small text encoder with what the shipped one knows, the same every time."""
    torch.manual_seed(seed)
    encoder = CLIPTextModel(text_config())
    if OUTPUT.exists():
        encoder.load_state_dict(CLIPTextModel.from_pretrained(OUTPUT / "text_encoder").state_dict())
    return encoder


def drawing_unet(seed: int) -> UNet2DConditionModel:
    """The denoising network with what the shipped one knows, as far as it fits."""
    unet = new_unet(seed)
    if OUTPUT.exists():
        inherit(unet, UNet2DConditionModel.from_pretrained(OUTPUT / "unet"))
    return unet


def text_config(width: int = WIDTH) -> CLIPTextConfig:
    """Two layers; the last two tokens of the vocabulary begin and end a text."""
    return CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=width * 4,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=MAX_TOKENS,
        projection_dim=width,
        bos_token_id=VOCABULARY - 2,
        eos_token_id=VOCABULARY - 1,
        pad_token_id=VOCABULARY - 1,
    )


def tokens(tokenizer: CLIPTokenizer, texts: list[str]) -> torch.Tensor:
    """Token numbers [n, MAX_TOKENS] on DEVICE, padded and cut as the pipeline does it."""
    found = tokenizer(texts, padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt")
    return torch.as_tensor(found.input_ids, device=DEVICE)


def _predicted(
    unet: UNet2DConditionModel, words: torch.Tensor, noisy: torch.Tensor, steps: torch.Tensor
) -> torch.Tensor:
    return torch.as_tensor(unet(noisy, steps, words).sample)


def trained_vae() -> AutoencoderKL:
    """The autoencoder that training.vae left, or the shipped one, on DEVICE."""
    folder = autoencoder.FOLDER if autoencoder.FOLDER.exists() else autoencoder.SHIPPED
    vae = AutoencoderKL.from_pretrained(folder).float().to(DEVICE).eval()
    vae.register_to_config(_name_or_path="")
    return vae


def main() -> None:
    scenes = scene_set(autoencoder.SEED, autoencoder.SCENES)
    vae = trained_vae()
    clean = latents("train", vae, pictures("train", scenes)[:SCENES])
    write_tokenizer(TOKENIZER)
    tokenizer = CLIPTokenizer.from_pretrained(TOKENIZER)
    text_encoder, unet = (part.to(DEVICE).train() for part in (new_text_encoder(SEED), drawing_unet(SEED)))
    modules = {"text_encoder": text_encoder, "unet": unet}
    training = Training("text_to_image", modules, STEPS, LEARNING_RATE, is_averaged=True)
    for step in training:
        random = np.random.default_rng((SEED, step))
        chosen = random.integers(SCENES, size=BATCH)
        texts = [prompt_for_training(scenes[index], random) for index in chosen]
        words = text_encoder(tokens(tokenizer, texts)).last_hidden_state
        training.descend(noise_loss(clean[chosen], partial(_predicted, unet, words)))
    training.finish()
    scheduler = PNDMScheduler.from_pretrained(CONFIGS / MODEL, subfolder="scheduler")
    pipeline(tokenizer, text_encoder, unet, vae, scheduler).to("cpu", torch.float16).save_pretrained(OUTPUT)


def pipeline(
    tokenizer: CLIPTokenizer, text_encoder: CLIPTextModel, unet: object, vae: object, scheduler: object
) -> StableDiffusionPipeline:
    """The stock pipeline. No safety checker: the twin can draw landscapes only."""
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


if __name__ == "__main__":
    main()
