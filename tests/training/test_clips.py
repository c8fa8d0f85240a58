"""Films of the twins' world: nothing changes but the sun, which goes the same way in each of them."""

import numpy as np
import pytest
import torch

from training import clips, data, text_to_video
from training.clip_quality import drawn, in_place, load, neighbours, sun_places
from training.clips import FRAMES, clip, clip_latents, sun_at
from training.diffusion import SCHEDULE
from training.scenes import draw, random_scene
from training.text_to_image import trained_vae
from training.text_to_video import PLACED_BY, any_steps, clip_loss, mostly_noisy_steps, moving_unet, new_adapter


def scene(**fixed: str):
    return random_scene(np.random.default_rng(3), **{"scene": "sea", "time": "day", "object": "none", **fixed})


def test_the_sun_goes_from_left_to_right_and_up_and_down() -> None:
    across, below = zip(*(sun_at(frame) for frame in range(FRAMES)), strict=True)
    assert list(across) == sorted(across) and (across[0], across[-1]) == (clips.LEFT, clips.RIGHT)
    assert below[0] == below[-1] == clips.DIP and min(below) < 0.01


def test_nothing_else_changes() -> None:
    first, last = clip(scene(), 64)[[0, -1]]
    assert (first[:, :8] != last[:, :8]).any()  # the sun has left
    assert (first[40:] == last[40:]).all()


def test_a_scene_without_a_given_sun_is_drawn_as_ever() -> None:
    usual = np.asarray(draw(scene(), 64).picture)
    assert (np.asarray(draw(scene(), 64, sun=None).picture) == usual).all()
    assert (np.asarray(draw(scene(), 64, sun=(0.5, 0.0)).picture)[40:] == usual[40:]).all()


def test_the_sun_is_found_where_it_was_drawn() -> None:
    frames = clip(scene(style="digital art"), 128)
    path = np.array([sun_at(frame)[0] for frame in range(FRAMES)])
    assert np.abs(sun_places(frames)[:, 0] - path).max() < 0.05 and in_place(frames) == 1


def test_frames_that_show_noise_have_no_sun_in_place() -> None:
    noise = np.random.default_rng(0).integers(256, size=(FRAMES, 128, 128, 3)).astype(np.uint8)
    assert in_place(noise) < 0.6 and neighbours(noise) > 5 * neighbours(clip(scene(), 128))


def test_latents_of_films_are_kept(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "WORK", tmp_path)
    monkeypatch.setattr(data, "WORK", tmp_path)
    found = clip_latents("test", trained_vae(), [scene(), scene(style="comic book style")])
    assert (found.shape, found.dtype) == ((2, FRAMES, 4, 32, 32), torch.float16)
    assert torch.equal(clip_latents("test", trained_vae(), [scene(), scene()]), found)


def test_the_training_begins_as_the_plain_twin_and_learns_the_motion_modules_alone() -> None:
    adapter = new_adapter(1)
    unet, clean, words = moving_unet(adapter), torch.randn(1, FRAMES, 4, 32, 32), torch.randn(1, 48, 96)
    steps = torch.tensor([500])
    with torch.no_grad():
        together = unet(clean.transpose(1, 2), steps, words.repeat_interleave(FRAMES, dim=0)).sample
        alone = unet(clean[:, 2:3].transpose(1, 2), steps, words).sample
    assert torch.allclose(together[:, :, 2:3], alone, atol=1e-4)
    clip_loss(unet, clean, words, steps).backward()
    learns = {name for name, value in unet.named_parameters() if value.grad is not None}
    assert learns and all(".motion_modules." in name for name in learns)


def test_steps_of_the_training_lower_the_loss() -> None:
    torch.manual_seed(0)
    adapter = new_adapter(text_to_video.SEED)
    unet = moving_unet(adapter).train()
    still = torch.randn(1, 1, 4, 32, 32).expand(1, FRAMES, 4, 32, 32)
    optimizer = torch.optim.AdamW(adapter.parameters(), lr=2e-3)
    words, losses = torch.zeros(1, 48, 96), []
    for _ in range(8):
        torch.manual_seed(5)
        loss = clip_loss(unet, still, words, any_steps(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


def test_the_second_part_of_the_training_looks_at_much_noise_above_all() -> None:
    torch.manual_seed(0)
    usual, noisy = any_steps(10_000), mostly_noisy_steps(10_000)
    most = SCHEDULE.config.num_train_timesteps
    assert 0 <= int(noisy.min()) < PLACED_BY and int(noisy.max()) < most
    assert float((usual >= PLACED_BY).float().mean()) == pytest.approx(1 - PLACED_BY / most, abs=0.02)
    expected = text_to_video.NOISY + (1 - text_to_video.NOISY) * (1 - PLACED_BY / most)
    assert float((noisy >= PLACED_BY).float().mean()) == pytest.approx(expected, abs=0.02)


def test_the_shipped_twin_lets_the_sun_go_its_way() -> None:
    """Three of four frames: noise alone puts the sun there in fewer than three of ten."""
    assert in_place(drawn(load(), "A forest by day with a cat, comic book style", 7)) >= 0.75
