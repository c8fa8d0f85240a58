import json
import shutil
import time
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.errors import RunCancelled
from core.models import dummy, random_checkpoint
from core.models.catalog import CATALOG, CONFIGS
from core.models.checkpoint import checkpoint
from core.models.sources import dummy_is_written, dummy_path
from tests.core.models.conftest import Reports

QWEN = CATALOG["qwen3-0.6b"]
STORY = "Once upon a time, in a land far, far away,"
SMALL = {"hidden_size": 64, "num_hidden_layers": 2, "intermediate_size": 128, "head_dim": 16, "vocab_size": 1056}
SMALL |= {"bos_token_id": 1024, "eos_token_id": 1026, "num_attention_heads": 4, "num_key_value_heads": 2}


@pytest.fixture
def small_qwen(tmp_path, monkeypatch):
    """The dummy path with a small configuration in place of the real one."""
    folder = tmp_path / "configs" / QWEN.id
    folder.mkdir(parents=True)
    config = json.loads((CONFIGS / QWEN.id / "config.json").read_text()) | SMALL
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text((CONFIGS / QWEN.id / "generation_config.json").read_text())
    monkeypatch.setattr(random_checkpoint, "CONFIGS", tmp_path / "configs")
    monkeypatch.setattr(random_checkpoint, "REPORT_EVERY_BYTES", 50_000)


def test_dummy_is_written_as_the_hubs_file_and_loaded_by_from_pretrained(small_qwen, reports):
    assert not dummy_is_written(QWEN.id)
    found = checkpoint(QWEN.id, "dummy", reports)
    assert dummy_is_written(QWEN.id)
    assert (found.path, found.label) == (str(dummy_path(QWEN.id)), "random weights of the real size")
    with safe_open(f"{found.path}/model.safetensors", "pt") as file:
        assert {"model.embed_tokens.weight", "lm_head.weight"} <= set(file.keys())
        assert file.get_tensor("lm_head.weight").dtype == torch.bfloat16

    model = AutoModelForCausalLM.from_pretrained(found.path, dtype=torch.float32)
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    assert (model.generation_config.top_k, model.generation_config.top_p) == (20, 0.95)
    assert model.model.rotary_emb.inv_freq[0].item() == 1.0

    tokens = AutoTokenizer.from_pretrained(found.path)(STORY, return_tensors="pt")
    written = model.generate(**tokens, max_new_tokens=5, min_new_tokens=5, do_sample=True)
    assert written.shape == (1, 18)


def test_writing_reports_bytes_up_to_the_total(small_qwen, reports):
    checkpoint(QWEN.id, "dummy", reports)
    steps = [seen[1:] for seen in reports.seen if seen[2]]
    assert len(steps) > 2
    assert steps[-1][0] == steps[-1][1] > 0
    assert steps == sorted(steps)


def test_a_stopped_writing_keeps_nothing_and_the_next_run_writes_anew(small_qwen, reports):
    with pytest.raises(RunCancelled):
        checkpoint(QWEN.id, "dummy", Reports(stop_after=3))
    assert not dummy_path(QWEN.id).exists()
    checkpoint(QWEN.id, "dummy", reports)
    assert dummy_is_written(QWEN.id)


def test_a_dummy_of_another_layout_is_written_again(small_qwen, reports):
    checkpoint(QWEN.id, "dummy", reports)
    (dummy_path(QWEN.id) / "written.json").write_text("{}")
    assert not dummy_is_written(QWEN.id)
    checkpoint(QWEN.id, "dummy", reports)
    assert dummy_is_written(QWEN.id)


def write_small_configs(folder: Path, model_id: str = "stable-diffusion-1.5") -> None:
    """A pipeline's configuration files, all four networks, with small numbers in them."""
    shutil.copytree(CONFIGS / model_id, folder, dirs_exist_ok=True)
    small = "small_sdxl.json" if CATALOG[model_id].has_two_text_encoders else "small_stable_diffusion.json"
    for name, changes in json.loads((Path(__file__).parent / small).read_text()).items():
        content = json.loads((folder / name).read_text()) | changes
        (folder / name).write_text(json.dumps(content))


def test_safety_checker_keeps_its_constructors_concepts(tmp_path, reports):
    from core.models.architecture import networks, tensors

    write_small_configs(tmp_path)
    specs = {spec.name: spec for spec in tensors("safety_checker", networks(tmp_path)["safety_checker"])}
    concepts = [specs[name] for name in specs if name.startswith(("concept_", "special_"))]
    assert [(spec.mean, spec.std) for spec in concepts] == [(1.0, 0.0)] * 4
    assert "vision_model.vision_model.embeddings.class_embedding" in specs


def test_pipeline_weights_are_float16_files_of_the_fp16_variant(tmp_path, monkeypatch, reports):
    model = CATALOG["stable-diffusion-1.5"]
    source = tmp_path / "configs" / model.id
    write_small_configs(source)
    monkeypatch.setattr(random_checkpoint, "CONFIGS", tmp_path / "configs")
    folder = tmp_path / "written"
    random_checkpoint.write_checkpoint(model, folder, stage="Writing", progress=reports)

    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(folder, variant="fp16", dtype=torch.float16)
    assert pipe.unet.dtype == pipe.safety_checker.dtype == torch.float16
    assert sorted(path.name for path in folder.rglob("*.safetensors")) == [
        "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.fp16.safetensors",
        "model.fp16.safetensors",
        "model.fp16.safetensors",
    ]


def test_a_model_of_few_steps_loads_into_the_same_pipeline_and_is_told_the_guidance(tmp_path, monkeypatch, reports):
    model = CATALOG["lcm-dreamshaper-v7"]
    write_small_configs(tmp_path / "configs" / model.id, model.id)
    monkeypatch.setattr(random_checkpoint, "CONFIGS", tmp_path / "configs")
    random_checkpoint.write_checkpoint(model, tmp_path / "written", stage="Writing", progress=reports)

    from diffusers import LCMScheduler, StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(tmp_path / "written", dtype=torch.float32)
    assert isinstance(pipe.scheduler, LCMScheduler) and pipe.unet.config.time_cond_proj_dim == 256
    one, two = (
        pipe(
            "a",
            num_inference_steps=1,
            guidance_scale=scale,
            height=64,
            width=64,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
        ).images
        for scale in (2.0, 9.0)
    )
    assert one.shape[0] == 1 and not torch.equal(one, two)


@pytest.mark.full_size
def test_full_size_qwen_is_written_and_generates(reports):
    begun = time.monotonic()
    found = checkpoint(QWEN.id, "dummy", reports)
    written_s = time.monotonic() - begun
    with safe_open(f"{found.path}/model.safetensors", "pt") as file:
        stored = sum(file.get_slice(name).get_shape()[0] * _row(file, name) * 2 for name in file.keys())  # noqa: SIM118
    assert stored == QWEN.stored_bytes == 1_503_264_768

    begun = time.monotonic()
    model = AutoModelForCausalLM.from_pretrained(found.path, dtype=torch.float32)
    loaded_s = time.monotonic() - begun
    assert model.num_parameters() == 596_049_920
    tokens = AutoTokenizer.from_pretrained(found.path)(STORY, return_tensors="pt")
    assert tokens.input_ids.shape == (1, 13)
    assert model.generate(**tokens, max_new_tokens=5, min_new_tokens=5, do_sample=True).shape == (1, 18)
    print(f"written in {written_s:.1f} s, loaded in {loaded_s:.1f} s")
    assert found.label == dummy.LABEL


def _row(file, name: str) -> int:
    shape = file.get_slice(name).get_shape()
    return shape[1] if len(shape) == 2 else 1
