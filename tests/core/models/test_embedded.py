import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.errors import WeightsUnavailable
from core.models import embedded
from core.models.catalog import CATALOG, Model
from core.models.checkpoint import checkpoint
from core.models.sources import no_twin
from tests.core.models.conftest import Reports

SHIPPED = embedded.FOLDER
WITH_TWIN = [model for model in CATALOG.values() if model.twin]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped folder of one twin, copied to where it can be damaged."""
    shutil.copytree(SHIPPED / "qwen3-0.6b", tmp_path / "qwen3-0.6b")
    shutil.copy(SHIPPED / embedded.CHECKSUMS, tmp_path)
    monkeypatch.setattr(embedded, "FOLDER", tmp_path)
    return tmp_path


def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize("twin", ["qwen3-0.6b"], indirect=True)
def test_twin_of_qwen_writes_on_from_the_lessons_prompt(twin):
    model = AutoModelForCausalLM.from_pretrained(twin.path, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(twin.path)
    tokens = tokenizer("Once upon a time, in a land far, far away,", return_tensors="pt")
    assert tokens.input_ids.shape == (1, 13)
    written = model.generate(**tokens, max_new_tokens=8, min_new_tokens=8, do_sample=False)
    assert written.shape == (1, 21) and " lived " in tokenizer.decode(written[0]) + " "
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
        return np.asarray(found.images[0])

    first, again, other = draw(1), draw(1), draw(2)
    assert first.shape == (128, 128, 3)
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
    assert result.size == (128, 128)
    assert pipe.unet.config.in_channels == 9
    assert not np.array_equal(np.asarray(result), np.asarray(picture()))


def test_dummy_yolo_has_the_real_size_and_finds_nothing(reports):
    from ultralytics import YOLO

    found = checkpoint("yolov8n-seg", "dummy", reports)
    model = YOLO(found.path)
    assert sum(parameter.numel() for parameter in model.model.parameters()) == 3_409_968
    assert len(model.predict(picture(), verbose=False)[0].boxes) == 0


@pytest.mark.parametrize("model", WITH_TWIN, ids=lambda model: model.id)
def test_the_label_says_what_the_twin_is_and_what_it_is_not(model: Model):
    found = checkpoint(model.id, "embedded", Reports())
    assert found.label.startswith("small twin, ") and found.label.endswith(f" parameters, not {model.title}")
    assert (found.variant, found.source, found.repo) == (None, "embedded", None)


@pytest.mark.parametrize("model", WITH_TWIN, ids=lambda model: model.id)
def test_the_list_covers_every_shipped_file_but_the_card(model: Model):
    folder = SHIPPED / model.id
    shipped = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(embedded.check(model)) == shipped - {"README.md"}
    assert "README.md" in shipped


def test_all_twins_together_are_small_and_no_pickles():
    files = [path for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 45_000_000
    assert not [path for path in files if path.suffix in (".pt", ".pth", ".bin", ".pkl", ".ckpt")]


@pytest.mark.parametrize("model", [model for model in WITH_TWIN if model.task != "text-generation"], ids=str)
def test_no_shipped_weight_is_infinite(model: Model):
    for path in (SHIPPED / model.id).rglob("*.safetensors"):
        with safe_open(path, "pt") as file:
            assert all(file.get_tensor(name).isfinite().all() for name in file.keys())  # noqa: SIM118


def test_the_twin_of_resnet50_names_the_object_of_the_shipped_scene(reports):
    from core.labs.image_classification import program
    from core.models import small_resnet
    from core.runs.pictures import SHIPPED as PICTURES

    found = checkpoint("resnet50", "embedded", reports)
    assert (found.source, Path(found.path).suffix) == ("embedded", ".pth")
    model, published = program.load("small_resnet", "SCENES_V1", found.path, stage=lambda stage: None)
    picture = Image.open(PICTURES["scene"]).convert("RGB")
    numbers = program.preprocess(picture, published)[2]
    category, probability = program.top(program.classify(model.eval(), numbers[None])[0], published.meta["categories"])[
        0
    ]
    assert category == small_resnet.CATEGORIES[1] == "house" and probability > 0.9


def test_a_model_without_a_twin_says_which_has_one(reports):
    with pytest.raises(WeightsUnavailable, match=r"ResNet18 has no small twin: .* stands for ResNet50") as caught:
        checkpoint("resnet18", "embedded", reports)
    assert "ResNet50" in caught.value.remedy


def test_where_no_model_of_a_kind_has_a_twin_only_random_weights_are_named() -> None:
    refused = no_twin(CATALOG["sdxl-refiner"])
    assert refused.remedy == "Choose the source dummy: the real size with random weights."


def test_a_damaged_file_is_named_with_the_remedy(copied: Path):
    weights = copied / "qwen3-0.6b" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(WeightsUnavailable, match=r"model\.safetensors is damaged: its SHA-256 begins with") as caught:
        checkpoint("qwen3-0.6b", "embedded", Reports())
    assert "git checkout -- embedded_models" in caught.value.remedy


def test_a_missing_file_is_named(copied: Path):
    (copied / "qwen3-0.6b" / "tokenizer.json").unlink()
    with pytest.raises(WeightsUnavailable, match=r"tokenizer\.json of the small twin.* is missing"):
        checkpoint("qwen3-0.6b", "embedded", Reports())


def test_a_missing_list_is_named(copied: Path):
    (copied / embedded.CHECKSUMS).unlink()
    with pytest.raises(WeightsUnavailable, match="SHA256SUMS"):
        checkpoint("qwen3-0.6b", "embedded", Reports())
