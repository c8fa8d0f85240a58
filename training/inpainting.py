"""Trains the twin of SDXL inpainting, from what the shipped one knows. python -m training.inpainting

Without a shipped one it starts from the text-to-image twin. The pipeline's class and the count of its networks are the
real ones: two text encoders, a denoising network with 9 input channels, and the autoencoder, which both twins share.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionXLInpaintPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from core.models.catalog import CONFIGS
from training.data import DEVICE, SIDE, WORK
from training.diffusion import LARGEST_BATCH, LATENT_SIDE, encode, inherit, new_unet, noise_loss, write_tokenizer
from training.inpainting_data import Example, draw_examples, examples, prompt_for
from training.loop import Training
from training.text_to_image import OUTPUT as DRAWING_TWIN
from training.text_to_image import WIDTH, text_config, tokens, trained_vae

MODEL = "sdxl-inpainting"
OUTPUT = Path("embedded_models") / MODEL
SEED, EXAMPLES, BATCH, STEPS, LEARNING_RATE = 41, 12_000, 64, 6000, 6e-4
SECOND_WIDTH, TIME_WIDTH = 96, 16
GREY = np.float32(127.5)
"""0 between -1 and 1: what the pipeline puts where it will paint."""
TIME_IDS = (SIDE, SIDE, 0, 0, SIDE, SIDE)
"""Original size, crop and target size, as the pipeline passes them."""


def new_networks() -> tuple[CLIPTextModel, CLIPTextModelWithProjection, UNet2DConditionModel]:
    """Two text encoders and the denoising network, with what the shipped twin knows, or else the text-to-image one."""
    torch.manual_seed(SEED)
    # The pipeline reads the last but one layer, so a third stands behind the two that were trained.
    config = text_config()
    config.num_hidden_layers = 3
    first = CLIPTextModel(config)
    parent = OUTPUT if OUTPUT.exists() else DRAWING_TWIN
    first.load_state_dict(CLIPTextModel.from_pretrained(parent / "text_encoder").state_dict(), strict=False)
    second_config = text_config(SECOND_WIDTH)
    second = CLIPTextModelWithProjection(second_config)
    unet = new_unet(
        SEED,
        in_channels=9,
        cross_attention_dim=WIDTH + SECOND_WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=TIME_WIDTH,
        projection_class_embeddings_input_dim=SECOND_WIDTH + len(TIME_IDS) * TIME_WIDTH,
    )
    torch.nn.init.zeros_(unet.add_embedding.linear_2.weight)
    torch.nn.init.zeros_(unet.add_embedding.linear_2.bias)
    inherit(unet, UNet2DConditionModel.from_pretrained(parent / "unet"))
    if parent == OUTPUT:
        known = CLIPTextModelWithProjection.from_pretrained(parent / "text_encoder_2")
        second.load_state_dict(known.state_dict())
    return first, second, unet


def encoded(chosen: list[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Latents of the picture after, latents of the picture with the region blanked out, and the region.

    Shapes [n, 4, s, s], [n, 4, s, s] and [n, 1, s, s] with s = LATENT_SIDE; kept in the work folder.
    """
    path = WORK / "latents" / f"inpainting-{len(chosen)}.pt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        vae, drawn = trained_vae(), draw_examples(chosen, SIDE)
        after, blanked, regions, stride = [], [], [], SIDE // LATENT_SIDE
        for start in range(0, len(drawn), LARGEST_BATCH):
            part = drawn[start : start + LARGEST_BATCH]
            pictures = np.stack([each.after for each in part])
            region = np.stack([each.region for each in part])
            after.append(encode(vae, pictures).half())
            blanked.append(encode(vae, np.where(region[..., None] > 127, GREY, pictures)).half())
            regions.append(torch.from_numpy(region > 127)[:, None, ::stride, ::stride])
        torch.save([torch.cat(after), torch.cat(blanked), torch.cat(regions)], path)
    return tuple(part.float().to(DEVICE) for part in torch.load(path, weights_only=True))


def _predicted(
    unet: UNet2DConditionModel,
    words: torch.Tensor,
    conditions: dict[str, torch.Tensor],
    beside: torch.Tensor,
    noisy: torch.Tensor,
    steps: torch.Tensor,
) -> torch.Tensor:
    latents = torch.cat([noisy, beside], dim=1)
    return torch.as_tensor(unet(latents, steps, words, added_cond_kwargs=conditions).sample)


def main() -> None:
    chosen_examples = examples(SEED, EXAMPLES)
    after, blanked, regions = encoded(chosen_examples)
    tokenizers = [WORK / "tokenizer", WORK / "tokenizer_2"]
    write_tokenizer(tokenizers[0])
    write_tokenizer(tokenizers[1], pad_token="!")
    first_tokenizer, second_tokenizer = (CLIPTokenizer.from_pretrained(path) for path in tokenizers)
    first, second, unet = (network.to(DEVICE).train() for network in new_networks())
    modules = {"text_encoder": first, "text_encoder_2": second, "unet": unet}
    training = Training("inpainting", modules, STEPS, LEARNING_RATE, is_averaged=True)
    time_ids = torch.tensor(TIME_IDS, device=DEVICE).repeat(BATCH, 1)
    for step in training:
        random = np.random.default_rng((SEED, step))
        chosen = random.integers(EXAMPLES, size=BATCH)
        texts = [prompt_for(chosen_examples[index], random) for index in chosen]
        one = first(tokens(first_tokenizer, texts), output_hidden_states=True)
        two = second(tokens(second_tokenizer, texts), output_hidden_states=True)
        words = torch.cat([one.hidden_states[-2], two.hidden_states[-2]], dim=2)
        conditions = {"text_embeds": two.text_embeds, "time_ids": time_ids}
        beside = torch.cat([regions[chosen], blanked[chosen]], dim=1)
        training.descend(noise_loss(after[chosen], partial(_predicted, unet, words, conditions, beside)))
    training.finish()
    StableDiffusionXLInpaintPipeline(
        vae=trained_vae(),
        text_encoder=first,
        text_encoder_2=second,
        tokenizer=first_tokenizer,
        tokenizer_2=second_tokenizer,
        unet=unet,
        scheduler=EulerDiscreteScheduler.from_pretrained(CONFIGS / MODEL, subfolder="scheduler"),
    ).to("cpu", torch.float16).save_pretrained(OUTPUT)


if __name__ == "__main__":
    main()
