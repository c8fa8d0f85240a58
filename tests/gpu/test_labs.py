"""The labs at full size on CUDA with random weights, as Q5, Q6, Q7 and Q11 ask for them: `make gpu`."""

import json
import subprocess
import sys
from typing import Any

import pytest

from core.config import ROOT, Config
from core.measure.machine import this_machine
from core.quiz.evidence import preset, reasons_against, values_of
from core.quiz.loading import load_bank
from core.runs.registry import LABS
from tests.core.measure.run_schema import assert_valid

GIB = 2**30
TF32_FROM = (8, 0)
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not this_machine().gpus, reason=f"no GPU: {this_machine().gpu_reason}"),
]


def run(lab: str, **settings: Any) -> dict[str, Any]:
    """One run in a process of its own."""
    values = [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in settings.items()]
    command = [sys.executable, "-m", "core", "run", lab, "--json"]
    command += [part for value in values for part in ("--set", value)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    record = dict(json.loads(done.stdout))
    assert record["state"] == "finished", record["error"]
    assert_valid(record)
    return record


@pytest.mark.parametrize("question_id", ["Q5", "Q6", "Q7"])
def test_a_measured_question_is_decided_by_its_own_preset(question_id: str, own_settings: Config) -> None:
    question = load_bank(own_settings.bank).question(question_id)
    record = run(question.lab.name, **{**preset(question), "source": "dummy"})
    assert reasons_against(question, record) == ()
    low, high = question.key.plausible if question.key else (0.0, 0.0)
    assert all(low <= value <= high for value in values_of(question, record))


def test_device_time_is_measured_beside_wall_time() -> None:
    record = run("text_generation", source="dummy", device="cuda", max_new_tokens=20)
    for repeat in record["repeats"]:
        assert 0 < repeat["device_s"] <= repeat["wall_s"] * 1.02


def test_weights_are_on_the_card_and_leave_it_again() -> None:
    record = run("load_model", model="stable-diffusion-1.5", source="dummy", device="cuda", dtype="float16")
    memory, weights = record["memory"], record["model"]["weights_bytes"]
    assert weights == 2 * 1_370_216_895
    assert abs(memory["after_load"]["allocated_bytes"] - weights) < 0.05 * GIB
    assert memory["freed"]["allocated_bytes"] < 0.05 * GIB


def test_inpainting_counts_two_models_and_five_networks() -> None:
    record = run("inpainting", source="dummy", device="cuda", num_inference_steps=5)
    assert len(record["models"]) == 2
    networks = [part for model in record["models"] for part in model["components"]]
    assert len(networks) == 5
    assert sum(part["parameters"] for part in networks) == 3_409_968 + 3_468_852_267
    assert set(LABS["inpainting"].models) == {model["id"] for model in record["models"]}


def test_a_classifier_computes_on_the_card_what_the_cpu_computes() -> None:
    settings: dict[str, Any] = {"source": "embedded", "batch_sizes": [1, 8], "repeats": 3, "inference_mode": False}
    on_gpu, on_cpu = (run("image_classification", device=device, **settings) for device in ("cuda", "cpu"))
    tops = [record["outputs"]["top"][0] for record in (on_gpu, on_cpu)]
    assert tops[0]["category"] == tops[1]["category"] == "house"
    assert abs(tops[0]["probability"] - tops[1]["probability"]) < 0.01
    assert on_gpu["outputs"]["graph"][1]["saved_bytes"] > 1_000_000
    has_tf32 = (this_machine().gpus[0].compute_capability or (0, 0)) >= TF32_FROM
    assert ("TF32" in on_gpu.get("limit_reason", "")) is has_tf32 and (on_gpu["limit"] is None) is has_tf32
    assert all(0 < repeat["device_s"] <= repeat["wall_s"] * 1.02 for repeat in on_gpu["repeats"])


def test_cuda_graphs_are_faster_than_fused_attention_alone() -> None:
    settings = {"source": "dummy", "device": "cuda", "max_new_tokens": 64, "repeats": 3}
    record = run("optimisation", **settings, variants=["sdpa", "compiled_static", "cuda_graphs"])
    found = {entry["name"]: entry for entry in record["outputs"]["variants"]}
    assert all(entry["is_available"] for entry in found.values()), found
    assert found["cuda_graphs"]["speedup"] > found["sdpa"]["speedup"]
    assert all(0 < entry["share_of_limit"] <= 1 for entry in found.values())


def test_a_compiled_unet_draws_nearly_the_same_picture() -> None:
    settings = {"model": "stable-diffusion-1.5", "source": "dummy", "device": "cuda", "repeats": 2}
    record = run("optimisation", **settings, num_inference_steps=10)
    found = {entry["name"]: entry for entry in record["outputs"]["variants"]}
    assert all(entry["is_available"] for entry in found.values()), found
    assert found["compiled_unet"]["compile_s"] > 1


def test_offloads_need_less_of_the_card_and_draw_the_same_picture() -> None:
    record = run("memory_savers", source="dummy", device="cuda", num_inference_steps=5, memory_limit_gib=6.0)
    found = {entry["name"]: entry for entry in record["outputs"]["variants"]}
    assert all(entry["is_available"] for entry in found.values()), found
    needed = {name: entry["memory"]["needed_bytes"] for name, entry in found.items()}
    assert needed["sequential_offload"] < needed["model_offload"] < needed["plain"]
    assert needed["together"] < needed["half_precision"] < 0.6 * needed["plain"]
    assert found["sequential_offload"]["time_ratio"] > found["model_offload"]["time_ratio"] > 1
    assert all(found[name]["pixel_distance"] < 1 for name in ("model_offload", "group_offload", "sequential_offload"))
    assert (found["together"]["largest_side"] or 0) > (found["plain"]["largest_side"] or 0)


def test_noise_and_its_removal_at_the_size_of_the_paper() -> None:
    record = run("ddpm", source="dummy", device="cuda", ways=["ddpm"], ddim_steps=[50], pictures=4)
    every, some = record["outputs"]["ways"]
    assert (every["evaluations"], some["evaluations"]) == (1000, 50)
    assert every["wall_s"] > 10 * some["wall_s"]


def test_every_precision_runs_on_the_card_and_takes_its_bytes() -> None:
    record = run("precision", source="dummy", device="cuda", max_new_tokens=8)
    found = {entry["name"]: entry for entry in record["outputs"]["variants"]}
    assert all(entry["is_available"] for entry in found.values()), found
    assert found["float32"]["weights_bytes"] > 1.9 * found["bfloat16"]["weights_bytes"]
    assert found["bfloat16"]["weights_bytes"] > found["nf4_bitsandbytes"]["weights_bytes"]
    for entry in found.values():
        grown = entry["memory"]["after_load"]["allocated_bytes"] - entry["memory"]["before"]["allocated_bytes"]
        assert abs(grown - entry["weights_bytes"]) < 0.1 * GIB


def test_the_profile_sees_each_kernel_once() -> None:
    record = run("text_to_image", source="dummy", device="cuda", num_inference_steps=5, dtype="float16")
    assert record["profile"], record["profile_reason"]
    assert 0 < record["profile"]["busy_s"] <= 1.1 * record["profile"]["reference_s"]


def test_the_clock_is_read_while_the_card_works() -> None:
    record = run("text_to_image", source="dummy", device="cuda", num_inference_steps=50, dtype="float16")
    assert record["conditions"]["gpu_during"]["readings"] > 0
