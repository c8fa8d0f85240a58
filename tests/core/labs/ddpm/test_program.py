"""The diffusion that is written out by hand, against its own definition and against diffusers."""

from functools import partial
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from core.labs.ddpm.program import Schedule, UNet, add_noise, add_noise_one_by_one, load, loss_of, sample, sample_ddim
from training.data import as_tensor, pictures, scene_set
from training.ddpm import HELD_OUT_SEED, SHIPPED, SIDE

KINDS = {"linear": "linear", "cosine": "squaredcos_cap_v2"}


class Guess(torch.nn.Module):
    """Names a share of what it is given as noise: enough for a sampler to be checked."""

    def forward(self, x: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
        return x * (0.1 + 0.8 * step.view(-1, 1, 1, 1) / 512)


def stock(kind: type, schedule: Schedule, **settings: object):
    return kind(trained_betas=schedule.beta.numpy(), num_train_timesteps=512, clip_sample=False, **settings)


@pytest.mark.parametrize("kind", KINDS)
def test_the_schedule_is_that_of_diffusers(kind: str) -> None:
    found = Schedule(kind)
    theirs = DDPMScheduler(512, beta_start=1e-4, beta_end=0.02, beta_schedule=KINDS[kind])
    torch.testing.assert_close(found.alpha_bar, theirs.alphas_cumprod, rtol=1e-4, atol=1e-6)


def test_one_jump_and_every_step_one_by_one_give_the_same_distribution() -> None:
    torch.manual_seed(1)
    schedule, picture = Schedule(), torch.full((20_000, 1, 1, 1), 0.7)
    for step in (0, 60, 250, 511):
        jumped = add_noise(picture, torch.full((len(picture),), step), torch.randn_like(picture), schedule)
        walked = add_noise_one_by_one(picture, step, schedule)
        kept = schedule.alpha_bar[step]
        for made in (jumped, walked):
            spread = (1 - kept).sqrt()
            assert abs(made.mean() - 0.7 * kept.sqrt()) < 5 * spread / len(picture) ** 0.5
            assert abs(made.std() / spread - 1) < 5 / (2 * len(picture)) ** 0.5


def test_every_step_of_the_long_way_back_is_that_of_diffusers(monkeypatch: pytest.MonkeyPatch) -> None:
    # In double precision: in single precision the two ways to write the formula differ by more than 1e-5.
    monkeypatch.setattr(torch, "linspace", partial(torch.linspace, dtype=torch.float64))
    schedule, guess, left = Schedule(), Guess(), list(range(511, 0, -1))
    torch.manual_seed(2)
    path = [torch.randn(2, 3, 8, 8, dtype=torch.float64)]

    def seeded(step: int) -> torch.Generator:
        return torch.Generator().manual_seed(step)

    with monkeypatch.context() as patch:
        patch.setattr(
            torch,
            "randn_like",
            lambda like: torch.randn(like.shape, generator=seeded(left.pop(0)), dtype=torch.float64),
        )
        sample(guess, path[0], schedule, on_step=lambda _, x: path.append(x))
    assert len(path) == 513 and not left
    theirs = stock(DDPMScheduler, schedule)
    theirs.alphas_cumprod = schedule.alpha_bar
    for step, x, following in zip(theirs.timesteps, path, path[1:], strict=False):
        predicted = guess(x, step.expand(2))
        expected = theirs.step(predicted, step, x, generator=seeded(int(step))).prev_sample
        torch.testing.assert_close(following, expected, rtol=1e-5, atol=1e-5)


def test_the_short_way_back_is_that_of_diffusers() -> None:
    schedule, start, guess = Schedule(), torch.randn(2, 3, 8, 8), Guess()
    theirs, x = stock(DDIMScheduler, schedule, set_alpha_to_one=True, timestep_spacing="linspace"), start
    theirs.set_timesteps(512)
    for step in theirs.timesteps:
        x = theirs.step(guess(x, step.expand(2)), step, x).prev_sample
    torch.testing.assert_close(sample_ddim(guess, start, schedule, steps=512), x.clamp(-1, 1), rtol=1e-4, atol=1e-5)


def test_without_added_noise_the_way_back_is_the_same_every_time() -> None:
    schedule, start = Schedule(), torch.randn(1, 3, 8, 8)
    seen: list[int] = []
    first, second = (
        sample(Guess(), start, schedule, add_sigma=False, on_step=lambda step, _: seen.append(step)) for _ in range(2)
    )
    assert torch.equal(first, second)
    assert seen == 2 * list(range(511, -1, -1))


def test_the_network_keeps_the_shape_and_reads_the_step() -> None:
    torch.manual_seed(0)
    network, x = UNet().eval(), torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        early, late = (network(x, torch.full((2,), step)) for step in (3, 400))
    assert early.shape == x.shape
    assert not torch.allclose(early, late)


def test_the_trained_network_names_the_noise_of_scenes_that_it_has_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.data.WORK", tmp_path)
    held_out = as_tensor(pictures("ddpm-test", scene_set(HELD_OUT_SEED, 64), SIDE))
    torch.manual_seed(0)
    with torch.no_grad():
        trained = float(loss_of(load(str(SHIPPED.parent), "cpu"), held_out, Schedule()))
        untrained = float(loss_of(UNet().eval(), held_out, Schedule()))
    assert trained < 0.04 < 0.9 < untrained
