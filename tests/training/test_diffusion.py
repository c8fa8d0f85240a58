import torch
from diffusers import UNet2DConditionModel

from training.diffusion import LATENT_SIDE, inherit, new_unet

SMALL = {
    "sample_size": 16,
    "block_out_channels": (64, 96, 96),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
}


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


def test_a_parent_with_fewer_levels_becomes_the_lower_ones() -> None:
    parent, deeper = new_unet(1, **SMALL), new_unet(2)
    left = inherit(deeper, parent)
    known, own = parent.state_dict(), deeper.state_dict()
    inner = "resnets.0.conv2.weight"
    assert torch.equal(own[f"down_blocks.1.{inner}"], known[f"down_blocks.0.{inner}"])
    assert torch.equal(own[f"down_blocks.3.{inner}"], known[f"down_blocks.2.{inner}"])
    assert torch.equal(own[f"mid_block.{inner}"], known[f"mid_block.{inner}"])
    assert "conv_in.weight" in left and f"up_blocks.3.{inner}" in left
    assert not [name for name in left if name.startswith(("mid_block.", "down_blocks.2.", "down_blocks.3.", "time_"))]


def test_the_time_is_still_told_with_half_the_frequencies() -> None:
    parent, deeper = new_unet(1, **SMALL), new_unet(2)
    inherit(deeper, parent)
    steps = torch.tensor([1, 250, 500, 999])
    with torch.no_grad():
        before = parent.time_embedding(parent.time_proj(steps))
        after = deeper.time_embedding(deeper.time_proj(steps))
    assert torch.nn.functional.cosine_similarity(before, after).min() > 0.85
