import torch
from diffusers import UNet2DConditionModel

from training.diffusion import LATENT_SIDE, inherit, new_unet


@torch.no_grad()
def predicted(unet: UNet2DConditionModel, latents: torch.Tensor) -> torch.Tensor:
    words = torch.ones(1, 5, unet.config.cross_attention_dim)
    return torch.as_tensor(unet.eval()(latents, 500, words).sample)


def test_more_input_channels_change_nothing_at_first() -> None:
    parent, wider = new_unet(1), new_unet(2, in_channels=9)
    assert inherit(wider, parent) == []
    latents = torch.randn(1, 4, LATENT_SIDE, LATENT_SIDE)
    beside = torch.randn(1, 5, LATENT_SIDE, LATENT_SIDE)
    assert torch.allclose(predicted(wider, torch.cat([latents, beside], dim=1)), predicted(parent, latents), atol=1e-5)
