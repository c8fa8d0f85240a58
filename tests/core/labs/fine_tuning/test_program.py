"""The program alone: its files load with what diffusers ships; LoRA is the same beside the weights and in them."""

import copy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image

from core.labs.fine_tuning import program
from core.labs.fine_tuning.examples import examples
from core.labs.fine_tuning.settings import Settings
from core.measure.progress import SilentProgress
from core.models.catalog import CLIP
from core.models.checkpoint import checkpoint
from core.runs.registry import LABS
from core.runs.source_code import shown_code
from tests.core.labs.conftest import AsTensors

PROMPT = "Sea at sunset with a boat, blueprint"


@pytest.fixture(scope="module")
def path() -> str:
    return checkpoint("stable-diffusion-1.5", "embedded", SilentProgress()).path


@pytest.fixture
def pipe(path: str) -> Any:
    found = program.load(path, "cpu", None, lambda what: None)
    found.set_progress_bar_config(disable=True)
    return found


def trained(pipe: Any, steps: int = 3) -> list[float]:
    given, losses = examples(Settings(source="embedded"), None), list[float]()
    latents, texts = program.encode(pipe, given.pictures[:4], given.captions[:4], side=64)
    schedule = DDPMScheduler.from_config(pipe.scheduler.config)

    def on_step(step: int, loss: float) -> bool:
        losses.append(loss)
        return True

    program.train(pipe.unet, schedule, latents, texts, steps, 0.01, 2, 0, on_step)
    return losses


def predicted(unet: Any) -> torch.Tensor:
    chance = torch.Generator().manual_seed(0)
    latents, texts = torch.randn(1, 4, 16, 16, generator=chance), torch.randn(1, 77, 96, generator=chance)
    with torch.no_grad():
        found: torch.Tensor = unet(latents, torch.tensor([400]), texts).sample
    return found


def test_lora_reads_into_a_stock_pipeline_and_predicts_the_same_merged_and_not(
    pipe: Any, path: str, tmp_path: Path
) -> None:
    untouched = predicted(pipe.unet)
    program.add_lora(pipe.unet, rank=4)
    trained(pipe)
    program.save_lora(pipe.unet, str(tmp_path))
    beside = predicted(pipe.unet)
    assert (beside - untouched).abs().max() > 1e-3

    stock = StableDiffusionPipeline.from_pretrained(path, dtype=torch.float32)
    stock.load_lora_weights(str(tmp_path))
    torch.testing.assert_close(predicted(stock.unet), beside, atol=1e-5, rtol=0)
    stock.fuse_lora()
    stock.unload_lora_weights()
    torch.testing.assert_close(predicted(stock.unet), beside, atol=1e-4, rtol=0)


def test_without_lora_the_old_weights_are_back_bit_by_bit(pipe: Any) -> None:
    before = {name: weight.clone() for name, weight in pipe.unet.state_dict().items()}
    program.add_lora(pipe.unet, rank=4)
    trained(pipe)
    pipe.unet.unload_lora()
    after = pipe.unet.state_dict()
    assert after.keys() == before.keys() and all(torch.equal(after[name], before[name]) for name in before)


def test_full_training_changes_the_unet_and_nothing_else_and_loads_with_from_pretrained(
    pipe: Any, tmp_path: Path
) -> None:
    frozen = {name: copy.deepcopy(getattr(pipe, name).state_dict()) for name in ("text_encoder", "vae")}
    before = predicted(pipe.unet)
    program.free_every_weight(pipe.unet)
    trained(pipe)
    for name, weights in frozen.items():
        now = getattr(pipe, name).state_dict()
        assert all(torch.equal(now[key], weights[key]) for key in weights)
    after = predicted(pipe.unet)
    assert (after - before).abs().max() > 1e-3
    program.save_unet(pipe.unet, str(tmp_path))
    torch.testing.assert_close(predicted(UNet2DConditionModel.from_pretrained(tmp_path)), after, atol=0, rtol=0)


def test_the_loss_is_that_of_predicting_the_noise(pipe: Any) -> None:
    schedule = DDPMScheduler.from_config(pipe.scheduler.config)
    latents, texts = torch.randn(2, 4, 16, 16), torch.randn(2, 77, 96)
    noise, steps = torch.randn_like(latents), torch.tensor([10, 700])
    found = program.loss_of(pipe.unet, schedule, latents, texts, noise, steps)
    kept = schedule.alphas_cumprod[steps].view(2, 1, 1, 1)
    noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
    error = pipe.unet(noisy, steps, texts).sample - noise
    torch.testing.assert_close(found, error.square().mean(dim=(1, 2, 3)))


def test_training_ends_when_it_is_told_to(pipe: Any) -> None:
    program.add_lora(pipe.unet, rank=1)
    given = examples(Settings(source="embedded"), None)
    latents, texts = program.encode(pipe, given.pictures[:2], given.captions[:2], side=64)
    seen: list[int] = []

    def on_step(step: int, loss: float) -> bool:
        seen.append(step)
        return step < 2

    program.train(pipe.unet, DDPMScheduler.from_config(pipe.scheduler.config), latents, texts, 9, on_step=on_step)
    assert seen == [1, 2]


def test_the_program_draws_with_what_it_learnt(pipe: Any) -> None:
    before = program.draw(pipe, PROMPT, 64, 2, 7.5, 5)
    assert before.size == (64, 64) and before.tobytes() == program.draw(pipe, PROMPT, 64, 2, 7.5, 5).tobytes()
    program.free_every_weight(pipe.unet)
    trained(pipe)
    assert program.draw(pipe, PROMPT, 64, 2, 7.5, 5).tobytes() != before.tobytes()


def test_the_score_is_that_of_torchmetrics(clip_folder: Path) -> None:
    functional = pytest.importorskip("torchmetrics.functional.multimodal")
    clip, processor = program.load_clip(str(clip_folder), "cpu")
    found = []
    for seed, text in enumerate(("a calm sea", "boats at night, watercolor", "an old town")):
        values = np.random.default_rng(seed).integers(0, 256, (40, 48, 3), dtype=np.uint8)
        with torch.inference_mode():
            tensor = torch.from_numpy(values).permute(2, 0, 1)
            theirs = functional.clip_score(tensor, text, model_name_or_path=lambda: (AsTensors(clip), processor))
        found.append(program.clip_score(clip, processor, Image.fromarray(values), text))
        assert found[-1] == pytest.approx(float(theirs), abs=1e-3)
    assert max(found) > 0 and len(set(found)) > 1


def test_the_shown_cell_scores_before_and_after(
    path: str, clip_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = LABS["fine_tuning"]
    for file in ("blueprint.png", "blueprint.txt"):
        shutil.copy(lab.program.with_name(file), tmp_path)
    monkeypatch.chdir(tmp_path)
    chosen: dict[str, Any] = {"source": "hub", "clip_score": "yes", "ways": ("lora",), "device": "cpu", "steps": 1}
    settings = Settings(**chosen, side=64, num_inference_steps=1, batch_size=1)
    code = shown_code(lab, settings, {"stable-diffusion-1.5": path, CLIP: str(clip_folder)})
    exec(compile(code.replace('variant="fp16")', "variant=None)"), "cell", "exec"), {"__name__": "__main__"})
    assert "lora: CLIP score " in capsys.readouterr().out
