import torch
from diffusers import StableDiffusionPipeline

from training.diffusion import LATENT_SIDE, SCHEDULE, new_unet
from training.few_steps import (
    GUIDANCE_WIDTH,
    JUMP,
    SCHEDULER,
    arrival,
    consistency_loss,
    guidance_waves,
    led,
    new_student,
)

WORDS = torch.ones(1, 5, 96)


def latents(count: int) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(count, 4, LATENT_SIDE, LATENT_SIDE)


def test_a_student_begins_as_its_teacher() -> None:
    teacher = new_unet(1).eval()
    student = new_student(teacher).eval()
    steps, words = torch.tensor([399, 799]), WORDS.expand(2, -1, -1)
    waves = guidance_waves(torch.tensor([1.0, 7.5]))
    with torch.no_grad():
        told = student(latents(2), steps, words, timestep_cond=waves).sample
        assert torch.allclose(told, teacher(latents(2), steps, words).sample, atol=1e-5)


def test_the_guidance_scale_is_told_as_the_stock_pipeline_tells_it() -> None:
    scales = torch.tensor([1.0, 3.0, 7.5])
    stock = StableDiffusionPipeline.get_guidance_scale_embedding(None, scales - 1, GUIDANCE_WIDTH)
    assert torch.allclose(guidance_waves(scales), stock, atol=1e-4)


def test_an_arrival_is_what_the_stock_scheduler_makes_of_the_networks_answer() -> None:
    student = new_student(new_unet(1)).eval()
    SCHEDULER.set_timesteps(1)
    [step] = SCHEDULER.timesteps.tolist()
    waves = guidance_waves(torch.tensor([7.5]))
    with torch.no_grad():
        noise = student(latents(1), torch.tensor([step]), WORDS, timestep_cond=waves).sample
        own = arrival(student, latents(1), torch.tensor([step]), WORDS, waves)
    assert torch.allclose(own, SCHEDULER.step(noise, step, latents(1)).prev_sample, atol=1e-4)


def test_without_guidance_the_teacher_leads_where_ddim_goes() -> None:
    class Exact(torch.nn.Module):
        """Names the noise that was added to zeros."""

        def forward(self, noisy: torch.Tensor, steps: torch.Tensor, words: torch.Tensor) -> object:
            added = (1 - SCHEDULE.alphas_cumprod[steps]).sqrt()[:, None, None, None]
            return type("Told", (), {"sample": noisy / added})

    noise, steps = latents(1), torch.tensor([599])
    noisy = SCHEDULE.add_noise(torch.zeros_like(noise), noise, steps)
    found = led(Exact(), noisy, steps, WORDS, WORDS, torch.tensor([1.0]))
    assert torch.allclose(found, SCHEDULE.add_noise(torch.zeros_like(noise), noise, steps - JUMP), atol=1e-4)


def test_the_loss_falls_when_the_student_learns() -> None:
    teacher = new_unet(1).eval()
    student = new_student(teacher).train()
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        torch.manual_seed(0)
        loss = consistency_loss(student, teacher, latents(2), WORDS.expand(2, -1, -1), WORDS)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]
