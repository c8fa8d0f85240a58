import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.labs.train_ddpm.run import SHEET
from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG
from core.models.checkpoint import checkpoint
from core.runs.parsing import parse_settings
from core.runs.pictures import SHIPPED
from core.runs.registry import LABS
from core.runs.source_code import last_cell, program_text, shown_code

QWEN = CATALOG["qwen3-0.6b"]
SMALL: list[tuple[str, dict[str, Any], str]] = [
    ("runtime", {}, "cuda_available"),
    ("load_model", {}, f"{QWEN.twin_parameters} parameters, {QWEN.twin_parameters * 4} bytes"),
    ("load_model", {"model": "stable-diffusion-1.5"}, "vae 802559 parameters"),
    ("text_generation", {"max_new_tokens": 4, "repeats": 2, "seed": 1}, "4 tokens in"),
    ("precision", {"max_new_tokens": 2, "precisions": ["float16"]}, "nats from float32"),
    ("text_to_image", {"num_inference_steps": 2, "seed": 3, "repeats": 2}, "random_seed 3:"),
    ("text_to_image", {"num_inference_steps": 2, "sweep": "seed", "sweep_values": [1, 2]}, "random_seed 2:"),
    ("text_to_image", {"num_inference_steps": 2, "seed": 3, "scheduler": "euler"}, "random_seed 3:"),
    (
        "text_to_image",
        {
            "sweep": "num_inference_steps",
            "sweep_values": [1, 2],
            "second_sweep": "guidance_scale",
            "second_sweep_values": [7.5],
        },
        "num_inference_steps 2, guidance_scale 7.5:",
    ),
    ("load_model", {"model": "sdxl-inpainting"}, "text_encoder_2 336000 parameters"),
    ("inpainting", {"num_inference_steps": 2}, "'label': 'house'"),
    (
        "inpainting",
        {"num_inference_steps": 2, "region": "painted", "painted": "0 2048 2048"},
        "edited picture are saved",
    ),
    ("image_classification", {"batch_sizes": [1, 2], "repeats": 2}, "house: 100.0%"),
    ("image_classification", {"batch_sizes": [1, 2], "repeats": 2}, "2 at once:"),
    ("optimisation", {"variants": ["sdpa", "llama_cpp"], "max_new_tokens": 4, "repeats": 2}, "s for 4 tokens"),
    (
        "optimisation",
        {"model": "stable-diffusion-1.5", "variants": ["better_scheduler"], "num_inference_steps": 5},
        "better_scheduler: ",
    ),
    ("memory_savers", {"side": 64, "num_inference_steps": 1}, "together: "),
    ("train_ddpm", {"steps": 2, "batch": 4}, "averaged weights: "),
    ("ddpm", {"ways": [], "ddim_steps": [3]}, "DDIM, 3 evaluations: "),
    (
        "fine_tuning",
        {"steps": 1, "batch_size": 1, "side": 64, "num_inference_steps": 1, "checkpointing": True},
        "full: 4,185,092 numbers learn",
    ),
    ("image_to_image", {"num_inference_steps": 2, "strengths": [0.5]}, "strength 0.5: "),
    ("guidance", {"num_inference_steps": 2, "repeats": 1, "scales": [0, 1]}, "The autoencoder alone: "),
    ("prompt_craft", {"num_inference_steps": 1, "last_steps": 2, "most_words": 1}, "without 'A': moved by "),
    ("text_to_video", {"num_inference_steps": 2, "num_frames": [2]}, "the same without motion modules: ["),
]
EVERY: list[tuple[str, dict[str, Any]]] = [
    *((name, settings) for name, settings, _ in SMALL),
    ("text_to_image", {}),
    ("text_to_image", {"sweep": "guidance_scale", "sweep_values": [1, 7.5]}),
    ("text_to_image", {"sweep": "num_inference_steps", "sweep_values": [1, 5]}),
    ("text_to_image", {"model": "sdxl-base", "refiner_share": 0.2, "scheduler": "ddim"}),
    ("text_to_image", {"model": "sdxl-base", "sweep": "refiner_share", "sweep_values": [0, 0.2]}),
    ("image_classification", {"eval_mode": False, "inference_mode": False, "normalise": False}),
    ("image_classification", {"model": "mobilenet_v2", "picture": "table", "batch_sizes": [64]}),
    ("optimisation", {}),
    ("optimisation", {"model": "stable-diffusion-1.5"}),
    ("memory_savers", {}),
    ("ddpm", {"ways": ["ddpm", "no_noise"]}),
    ("fine_tuning", {}),
    ("fine_tuning", {"ways": ["lora"], "steps": 7, "prompt": "a 'quoted' \"cat\""}),
    ("fine_tuning", {"picture": f"upload:{'0' * 32}", "captions": "a\nb 'c'\nd\ne"}),
    ("image_to_image", {"picture": "cats"}),
    ("guidance", {}),
    ("prompt_craft", {}),
    ("prompt_craft", {"subject": "", "nonsense": "", "details": "a 'quoted' \"cat\"\n\\", "most_words": 0}),
    ("text_to_video", {}),
    ("text_to_video", {"prompt": "a 'quoted' \"cat\"\n\\", "side": 64}),
    ("guidance", {"side": 256, "scales": [], "prompt": "a 'quoted' \"cat\""}),
    ("image_classification", {"picture": "cats"}),
    ("inpainting", {"picture": "cats"}),
    ("inpainting", {"width": 512}),
    ("inpainting", {"region": "mask", "prompt": "a 'quoted' \"cat\"\n\\"}),
]


def code_of(name: str, values: dict[str, Any], paths: dict[str, str] | None = None) -> str:
    return shown_code(LABS[name], parse_settings(LABS[name], values), paths)


@pytest.mark.parametrize(("name", "values"), EVERY)
@pytest.mark.parametrize("source", ["auto", "hub", "dummy", "embedded"])
def test_the_shown_code_is_python_and_begins_with_the_program(name: str, values: dict[str, Any], source: str) -> None:
    given = values | ({"source": source} if "source" in LABS[name].settings.model_fields else {})
    code = code_of(name, given)
    compile(code, name, "exec")
    assert code.startswith(program_text(LABS[name]))


def test_the_program_is_the_file_that_runs() -> None:
    from core.labs.text_generation import program

    assert Path(program.__file__).read_text() == program_text(LABS["text_generation"])


def test_a_page_shows_repositories_never_a_path_of_this_machine() -> None:
    assert "'stable-diffusion-v1-5/stable-diffusion-v1-5'" in code_of("text_to_image", {"source": "dummy"})
    assert "'Qwen/Qwen3-0.6B'" in code_of("text_generation", {"source": "embedded"})


def test_precision_is_always_said() -> None:
    assert 'device="cpu", dtype=torch.float32' in code_of("text_generation", {"device": "cpu"})
    assert 'device="cuda", dtype=torch.float16' in code_of("text_to_image", {"device": "cuda"})
    assert "dtype=torch.bfloat16" in code_of("text_generation", {"dtype": "bfloat16"})


def test_a_run_without_pretrained_weights_says_so_above_the_calls() -> None:
    lab = LABS["text_generation"]
    assert last_cell(lab, parse_settings(lab, {"source": "dummy"})).startswith(
        "# VRAM Lab ran this with random weights"
    )
    assert not last_cell(lab, parse_settings(lab, {"source": "hub"})).startswith("#")


@pytest.fixture
def paths() -> dict[str, str]:
    """Where the twins are, by model id."""
    return {model: checkpoint(model, "embedded", SilentProgress()).path for model in CATALOG if CATALOG[model].twin}


def twin_code(name: str, values: dict[str, Any], paths: dict[str, str]) -> str:
    here = {"source": "embedded", "device": "cpu", "dtype": "float32"}
    given = values | {key: value for key, value in here.items() if key in LABS[name].settings.model_fields}
    return code_of(name, given, paths)


def test_a_cell_for_a_processor_asks_for_nothing_that_needs_a_gpu() -> None:
    assert "model_offload" in code_of("memory_savers", {"device": "cuda"}).rpartition("for saver in")[2]
    assert "offload" not in code_of("memory_savers", {"device": "cpu"}).rpartition("for saver in")[2]


def test_every_labs_code_is_run_here() -> None:
    assert {name for name, _, _ in SMALL} == set(LABS)


@pytest.mark.parametrize(("name", "values", "prints"), SMALL)
def test_the_shown_code_runs(
    name: str,
    values: dict[str, Any],
    prints: str,
    paths: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(SHIPPED["scene"], tmp_path)
    shutil.copy(SHEET, tmp_path)
    for file in ("blueprint.png", "blueprint.txt"):
        shutil.copy(LABS["fine_tuning"].program.with_name(file), tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(compile(twin_code(name, values, paths), name, "exec"), {"__name__": "__main__"})
    assert prints in capsys.readouterr().out


def test_the_shown_code_needs_nothing_but_itself(paths: dict[str, str], tmp_path: Path) -> None:
    shutil.copy(SHIPPED["scene"], tmp_path)
    cell = tmp_path / "cell.py"
    cell.write_text(twin_code("inpainting", {"num_inference_steps": 2}, paths))
    run = subprocess.run([sys.executable, str(cell)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert "'label': 'house'" in run.stdout
    assert all((tmp_path / f"{name}.png").exists() for name in ("original", "mask", "edited"))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"source": "embedded"}, "scene.png"),
        ({"source": "dummy"}, "table.png"),
        ({"picture": "scene"}, "scene.png"),
        ({"picture": "upload:" + 32 * "0"}, "picture.png"),
    ],
)
def test_the_code_opens_the_picture_that_is_edited(values: dict[str, Any], name: str) -> None:
    lab = LABS["inpainting"]
    assert f'Image.open("{name}")' in last_cell(lab, parse_settings(lab, values))


def test_the_lessons_picture_is_opened_by_the_lessons_address() -> None:
    lab = LABS["inpainting"]
    cell = last_cell(lab, parse_settings(lab, {"picture": "cats"}))
    assert "import requests" in cell and 'requests.get("http://images.cocodataset.org/' in cell


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ({}, "painting_size(picture.size, side=1024)"),
        ({"width": 640, "height": 480}, "640, 480"),
        ({"width": 640}, "640, painting_size(picture.size, side=1024)[1]"),
    ],
)
def test_a_copied_cell_squeezes_no_picture(values: dict[str, Any], size: str) -> None:
    lab = LABS["inpainting"]
    cell = last_cell(lab, parse_settings(lab, values))
    assert f"width, height = {size}\n" in cell and "height=height" in cell and "None" not in cell


def test_q8_to_q10_are_shown_with_the_lessons_names_and_sizes() -> None:
    lab = LABS["text_to_image"]
    cell = last_cell(lab, parse_settings(lab, {"sweep": "seed", "sweep_values": [7, 7, 8]}))
    assert "for number, random_seed in enumerate([7, 7, 8], start=1):" in cell
    assert "random_seed=random_seed" in cell and "height=512" in cell and "width=512" in cell


def test_q6_is_shown_with_the_lessons_pipeline_and_another_model_with_its_own() -> None:
    lab = LABS["load_model"]
    code = code_of("load_model", {"model": "stable-diffusion-1.5"})
    assert "pipeline: type[DiffusionPipeline] = StableDiffusionPipeline" in code
    assert "pipeline=" not in last_cell(lab, parse_settings(lab, {"model": "stable-diffusion-1.5"}))
    assert "pipeline=DiffusionPipeline" in last_cell(lab, parse_settings(lab, {"model": "sdxl-inpainting"}))


@pytest.mark.parametrize("name", ["load_model", "text_to_image", "optimisation"])
def test_a_repository_that_took_anothers_place_is_named_with_it(name: str) -> None:
    assert "runwayml/stable-diffusion-v1-5" in program_text(LABS[name])


def test_a_notebook_is_told_where_the_pretrained_weights_are() -> None:
    """The detector is a file that ultralytics fetches by name, not a repository."""
    lab = LABS["inpainting"]
    cell = last_cell(lab, lab.settings())
    assert "load_detector('yolov8n-seg.pt'" in cell
    assert "load_painter('diffusers/stable-diffusion-xl-1.0-inpainting-0.1'" in cell


def test_a_copied_cell_of_the_twin_draws_the_real_model_at_its_own_size(paths: dict[str, str]) -> None:
    lab = LABS["guidance"]
    planned = parse_settings(lab, {"source": "embedded", "device": "cpu", "dtype": "float32", "side": 128})
    assert "side=512" in last_cell(lab, planned) and "side=128" in last_cell(lab, planned, paths)
    assert "side=256" in last_cell(lab, parse_settings(lab, {"source": "dummy", "device": "cpu"}))


def test_the_autoencoder_is_tried_on_the_picture_of_the_runs_own_scale() -> None:
    """The loop's last one."""
    lab = LABS["guidance"]
    cell = last_cell(lab, parse_settings(lab, {"guidance_scale": 3, "scales": [20, 0, 3]}))
    assert "for guidance_scale in [3, None] * 3:" in cell and "for guidance_scale in [0, 20, 3]:" in cell


def test_the_other_engine_is_shown_only_where_it_is_measured() -> None:
    assert "def write_with_llama_cpp" in code_of("optimisation", {"variants": ["llama_cpp_q8"]})
    assert "llama" not in code_of("optimisation", {"variants": ["sdpa"]})
