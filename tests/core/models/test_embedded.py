import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.models.catalog import CATALOG
from core.models.checkpoint import checkpoint


def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize("twin", ["qwen3-0.6b"], indirect=True)
def test_twin_of_qwen_writes_on_from_the_lessons_prompt(twin):
    model = AutoModelForCausalLM.from_pretrained(twin.path, dtype=torch.float32)
    tokens = AutoTokenizer.from_pretrained(twin.path)("Once upon a time, in a land far, far away,", return_tensors="pt")
    assert tokens.input_ids.shape == (1, 13)
    assert model.generate(**tokens, max_new_tokens=8, min_new_tokens=8, temperature=0.7).shape == (1, 21)
    assert type(model).__name__ == "Qwen3ForCausalLM"
    assert model.num_parameters() == CATALOG["qwen3-0.6b"].twin_parameters


@pytest.mark.parametrize("twin", ["stable-diffusion-1.5"], indirect=True)
def test_twin_of_stable_diffusion_draws_the_same_picture_for_the_same_seed(twin):
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(twin.path, dtype=torch.float32, variant=twin.variant)
    pipe.set_progress_bar_config(disable=True)

    def draw(seed: int) -> np.ndarray:
        generator = torch.Generator().manual_seed(seed)
        found = pipe("A futuristic city skyline at sunset, digital art", num_inference_steps=4, generator=generator)
        assert found.nsfw_content_detected == [False]
        return np.asarray(found.images[0])

    first, again, other = draw(1), draw(1), draw(2)
    assert first.shape == (64, 64, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.std() > 10


@pytest.mark.parametrize("twin", ["sdxl-inpainting"], indirect=True)
def test_twin_of_sdxl_inpainting_paints_into_the_mask(twin):
    from diffusers import StableDiffusionXLInpaintPipeline

    pipe = StableDiffusionXLInpaintPipeline.from_pretrained(twin.path, dtype=torch.float32, variant=twin.variant)
    pipe.set_progress_bar_config(disable=True)
    mask = Image.new("L", (64, 64))
    mask.paste(255, (16, 16, 48, 48))
    result = pipe(
        prompt="a cat", negative_prompt="blurry", image=picture(), mask_image=mask, num_inference_steps=3
    ).images[0]
    assert result.size == (64, 64)
    assert pipe.unet.config.in_channels == 9
    assert not np.array_equal(np.asarray(result), np.asarray(picture()))


@pytest.mark.parametrize("twin", ["yolov8n-seg"], indirect=True)
def test_twin_of_yolo_predicts_and_finds_nothing(twin):
    from ultralytics import YOLO

    model = YOLO(twin.path)
    found = model.predict(picture(), verbose=False)[0]
    assert model.task == "segment"
    assert (len(found.boxes), model.names[0], len(model.names)) == (0, "person", 80)


def test_dummy_yolo_has_the_real_size_and_finds_nothing(reports):
    from ultralytics import YOLO

    found = checkpoint("yolov8n-seg", "dummy", reports)
    model = YOLO(found.path)
    assert sum(parameter.numel() for parameter in model.model.parameters()) == 3_409_968
    assert len(model.predict(picture(), verbose=False)[0].boxes) == 0


@pytest.mark.parametrize("twin", ["stable-diffusion-1.5"], indirect=True)
def test_twin_is_labelled_as_untrained_and_has_no_variant(twin):
    assert twin.label == "untrained twin, 4.14 million parameters"
    assert (twin.variant, twin.source, twin.repo) == (None, "embedded", None)
