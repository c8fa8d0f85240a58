"""What working on latents saves, and what it loses: operations counted, and a picture there and back.

Operations are counted from the architecture with tensors that have a shape and no content, so the UNet can be counted
on a grid that no memory would hold: as many places as the picture has pixels.
"""

from math import log10, prod
from typing import Any

import numpy as np
import torch
from PIL import Image

from core.labs.guidance import program
from core.measure.work import flops

COUNTED = (
    "multiplications and additions of matrix products and convolutions for one prediction, counted from the real "
    "architecture without computing it; for pixels the same network is given a grid of the picture's height and width"
)
MOST = 255


def sizes(pipe: Any, side: int) -> dict[str, Any]:
    """How many numbers a picture and its latents are, and how many operations the UNet needs on either grid."""
    places, channels = side // pipe.vae_scale_factor, pipe.unet.config.in_channels
    latents, picture = (channels, places, places), (3, side, side)
    return {
        "latent_shape": list(latents),
        "picture_shape": list(picture),
        "latent_numbers": prod(latents),
        "picture_numbers": prod(picture),
        "unet_flops": _unet_flops(pipe, places),
        "unet_flops_on_pixels": _unet_flops(pipe, side),
        "decoder_flops": flops(pipe.vae.decoder, (_empty(pipe, 1, channels, places, places),), {}),
        "counted": COUNTED,
    }


def there_and_back(pipe: Any, picture: Image.Image) -> tuple[Image.Image, dict[str, Any]]:
    """The picture encoded and decoded again, and how much that changed; the two are compared in steps of 0 to 255."""
    back = program.decode(pipe, program.to_latents(pipe, picture))
    apart = np.asarray(back, dtype=np.float64) - np.asarray(picture.convert("RGB"), dtype=np.float64)
    square = float(np.mean(apart**2))
    figures = {"mean_difference": float(np.abs(apart).mean()), "largest_difference": int(np.abs(apart).max())}
    if square == 0:
        return back, figures | {"psnr_db": None, "psnr_db_reason": "nothing was lost"}
    return back, figures | {"psnr_db": 10 * log10(MOST**2 / square)}


def _unet_flops(pipe: Any, side: int) -> int:
    config, tokens = pipe.unet.config, pipe.tokenizer.model_max_length
    grid = _empty(pipe, 1, config.in_channels, side, side)
    text = _empty(pipe, 1, tokens, config.cross_attention_dim)
    return flops(pipe.unet, (grid, torch.empty((), dtype=torch.int64, device="meta")), {"encoder_hidden_states": text})


def _empty(pipe: Any, *shape: int) -> torch.Tensor:
    return torch.empty(shape, dtype=pipe.unet.dtype, device="meta")
