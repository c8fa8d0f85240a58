"""The loop written out does what the stock pipeline does, number by number."""

from typing import Any

import numpy as np
import pytest
import torch

from core.labs.guidance import program
from core.runs.pictures import SHIPPED
from tests.core.labs.guidance.conftest import PROMPT

STEPS, SIDE, SEED = 2, 64, 7


def stock(pipe: Any, scale: float, output: str = "latent") -> Any:
    generator = torch.Generator().manual_seed(SEED)
    how = {"num_inference_steps": STEPS, "height": SIDE, "width": SIDE, "generator": generator, "output_type": output}
    return pipe(PROMPT, guidance_scale=scale, **how).images[0]


def ours(pipe: Any, scale: float | None) -> torch.Tensor:
    return program.denoise(pipe, PROMPT, scale, STEPS, SIDE, SEED)


@pytest.mark.parametrize("scale", [1.5, 7.5, 100])
def test_the_latents_are_the_stock_pipelines(pipe: Any, scale: float) -> None:
    torch.testing.assert_close(ours(pipe, scale)[0], stock(pipe, scale), rtol=0, atol=1e-4)


def test_the_picture_is_the_stock_pipelines_in_every_pixel(pipe: Any) -> None:
    drawn = program.decode(pipe, ours(pipe, 7.5))
    assert drawn.tobytes() == stock(pipe, 7.5, "pil").tobytes()


@pytest.mark.parametrize("scale", [0, 1])
def test_at_one_and_below_the_stock_pipeline_asks_once_with_the_prompt(pipe: Any, scale: float) -> None:
    torch.testing.assert_close(ours(pipe, None)[0], stock(pipe, scale), rtol=0, atol=1e-4)


def test_at_one_the_formula_leaves_the_prediction_with_the_prompt(pipe: Any) -> None:
    torch.testing.assert_close(ours(pipe, 1), ours(pipe, None), rtol=0, atol=1e-3)


def test_at_zero_the_formula_leaves_the_prompt_out(pipe: Any) -> None:
    without = program.denoise(pipe, "", None, STEPS, SIDE, SEED)
    torch.testing.assert_close(ours(pipe, 0), without, rtol=0, atol=1e-3)
    assert (ours(pipe, 1) - without).abs().max() > 0.1


def test_a_step_tells_both_predictions_and_what_the_scale_made_of_them(pipe: Any) -> None:
    told: list[dict[str, Any]] = []
    program.denoise(pipe, PROMPT, 3.0, STEPS, SIDE, SEED, lambda *step: told.append(step[3]))
    assert len(told) == STEPS + 1  # the scheduler evaluates once more than it counts steps
    without, with_prompt = told[0]["predictions"]
    torch.testing.assert_close(told[0]["noise"], without + 3.0 * (with_prompt - without))
    assert told[0]["before"].shape == without.shape == (1, 4, 16, 16)


def test_what_is_expected_and_the_noise_make_up_the_latents(pipe: Any) -> None:
    latents, noise = torch.randn(2, 1, 4, 8, 8).unbind()
    share = pipe.scheduler.alphas_cumprod[500]
    clean = program.expected(pipe, latents, noise, torch.tensor(500))
    torch.testing.assert_close(share.sqrt() * clean + (1 - share).sqrt() * noise, latents)


def test_a_picture_comes_back_from_its_latents(pipe: Any) -> None:
    from PIL import Image

    picture = Image.open(SHIPPED["scene"]).convert("RGB").resize((SIDE, SIDE))
    latents = program.to_latents(pipe, picture)
    back = program.decode(pipe, latents)
    assert latents.shape == (1, 4, 16, 16)
    apart = np.abs(np.asarray(back, dtype=float) - np.asarray(picture, dtype=float)).mean()
    assert 0 < apart < 10


def test_a_picture_that_the_safety_checker_refuses_is_black(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(pipe), "run_safety_checker", lambda self, image, device, dtype: (image, [True]))
    assert program.decode(pipe, torch.zeros(1, 4, 8, 8)).getbbox() is None
