import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.measure.machine import Machine
from core.models import sources
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.registry import LABS
from tests.core.measure.machines import COLAB, LAPTOP, SERVER

SMALL = replace(LAPTOP, ram_bytes=2 * 2**30)


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "is_cached", lambda model_id: False)
    monkeypatch.setattr(sources, "hub_reachable", lambda: False)
    monkeypatch.setattr(sources, "free_disk", lambda model: (Path("/cache"), 10**12))


def planned(lab: str, machine: Machine = LAPTOP, fallback: Any = None, **settings: Any) -> Plan:
    return plan(LABS[lab], parse_settings(LABS[lab], settings), machine, fallback)


def concrete(lab: str, machine: Machine = LAPTOP, **settings: Any) -> tuple[str, str, str]:
    values = planned(lab, machine, **settings).settings.model_dump()
    return values["source"], values["device"], values["dtype"]


def test_planning_does_not_import_torch() -> None:
    code = "import sys, core.runs.planning, core.runs.source_code; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_auto_takes_the_hub_where_weights_are_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "is_cached", lambda model_id: True)
    plan = planned("text_generation")
    assert plan.settings.model_dump()["source"] == "hub"
    assert plan.download_bytes == 0


def test_auto_takes_a_reachable_hub_and_states_the_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "hub_reachable", lambda: True)
    plan = planned("inpainting", COLAB)
    assert plan.settings.model_dump()["source"] == "hub"
    assert plan.download_bytes > 6.9e9
    assert plan.refusal is None


def test_what_is_missing_is_named_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "hub_reachable", lambda: True)
    assert planned("inpainting", COLAB).missing == ("sdxl-inpainting", "yolov8n-seg")
    monkeypatch.setattr(sources, "is_cached", lambda model_id: model_id != "yolov8n-seg")
    half = planned("inpainting", COLAB)
    assert half.missing == ("yolov8n-seg",) and half.download_bytes < 10_000_000
    assert planned("inpainting", COLAB, source="embedded").missing == ()


def test_weights_that_find_no_room_on_the_disk_are_refused_and_auto_takes_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "hub_reachable", lambda: True)
    monkeypatch.setattr(sources, "free_disk", lambda model: (Path("/cache"), 1_000_000_000))
    refused = planned("text_generation", source="hub").refusal
    assert refused is not None and refused.kind == "weights_unavailable"
    assert refused.message == "Qwen3-0.6B needs 1.52 GB more on disk; 1.00 GB are free in /cache."
    assert "HF_HOME" in refused.remedy and "dummy weights" in refused.remedy
    auto = planned("text_generation")
    assert (auto.settings.model_dump()["source"], auto.refusal) == ("dummy", None)
    assert any("1.00 GB are free in /cache, so the run takes random weights" in reason for reason in auto.reasons)


def test_auto_without_the_hub_takes_the_labs_or_the_questions_fallback() -> None:
    assert concrete("text_generation")[0] == "dummy"
    assert concrete("text_to_image")[0] == "embedded"
    asked = planned("text_to_image", fallback="dummy")
    assert asked.settings.model_dump()["source"] == "dummy"
    assert any("random weights" in reason for reason in asked.reasons)


@pytest.mark.parametrize("lab", ["text_to_image", "inpainting"])
def test_auto_on_the_cpu_takes_the_twin_for_a_behaviour_lab_whatever_the_hub_has(
    lab: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "is_cached", lambda model_id: True)
    monkeypatch.setattr(sources, "hub_reachable", lambda: True)
    on_cpu = planned(lab)
    assert on_cpu.settings.model_dump()["source"] == "embedded" and on_cpu.download_bytes == 0
    assert any("small twin" in reason and "Choose other weights" in reason for reason in on_cpu.reasons)
    assert concrete(lab, COLAB)[0] == concrete(lab, COLAB, device="cuda:0")[0] == "hub"
    assert concrete(lab, source="hub")[0] == "hub"
    assert planned(lab, fallback="dummy").settings.model_dump()["source"] == "hub"
    assert concrete("text_generation")[0] == concrete("load_model")[0] == "hub"


def test_a_picture_in_half_precision_on_the_cpu_is_warned_of() -> None:
    assert "float16" in planned("text_to_image", device="cpu", dtype="float16").warning
    assert planned("text_to_image", device="cpu").warning == planned("load_model", dtype="float16").warning == ""
    assert planned("text_to_image", COLAB, dtype="float16").warning == ""


def test_a_text_takes_the_twin_on_the_cpu_only_where_the_hub_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert planned("text_generation", fallback="embedded").settings.model_dump()["source"] == "embedded"
    monkeypatch.setattr(sources, "hub_reachable", lambda: True)
    assert planned("text_generation", fallback="embedded").settings.model_dump()["source"] == "hub"


def test_a_classifier_takes_its_twin_only_where_the_hub_is_missing_and_it_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = "image_classification"
    assert concrete(lab) == ("embedded", "cpu", "float32")
    assert concrete(lab, model="resnet18")[0] == concrete(lab, model="mobilenet_v2")[0] == "dummy"
    assert concrete(lab, COLAB)[1:] == ("cuda", "float32")
    monkeypatch.setattr(sources, "hub_reachable", lambda: True)
    plan = planned(lab)
    assert plan.settings.model_dump()["source"] == "hub" and plan.download_bytes == 102_530_000
    assert any("from download.pytorch.org" in reason for reason in plan.reasons)


def test_a_twin_that_does_not_exist_is_refused_before_the_run() -> None:
    refusal = planned("image_classification", model="resnet18", source="embedded").refusal
    assert refusal is not None and refusal.kind == "weights_unavailable"
    assert "ResNet18 has no small twin" in refusal.message and "ResNet50" in refusal.remedy


@pytest.mark.parametrize("model", ["stable-diffusion-1.4", "sdxl-base", "sdxl-turbo"])
def test_on_a_cpu_a_large_picture_model_says_that_it_has_no_twin(model: str) -> None:
    refusal = planned("text_to_image", model=model).refusal
    assert refusal is not None and refusal.kind == "weights_unavailable"
    assert "has no small twin" in refusal.message and "or the source dummy" in refusal.remedy
    assert planned("text_to_image", COLAB, model=model).settings.model_dump()["source"] == "dummy"


def test_the_plan_names_the_picture_that_will_be_edited() -> None:
    assert planned("inpainting").settings.model_dump()["picture"] == "scene"
    assert planned("inpainting", source="dummy").settings.model_dump()["picture"] == "table"
    assert planned("inpainting", picture="table").settings.model_dump()["picture"] == "table"


@pytest.mark.parametrize("lab", ["text_to_image", "inpainting"])
def test_the_largest_run_that_the_settings_allow_is_bounded(lab: str) -> None:
    fields = LABS[lab].settings.model_json_schema()["properties"]
    side = max(kind.get("maximum", 0) for kind in fields["height"]["anyOf"])
    pictures = max(fields["repeats"]["maximum"], fields.get("sweep_values", {}).get("maxItems", 0))
    assert fields["num_inference_steps"]["maximum"] * pictures * (side / 512) ** 2 <= 20_000


def test_auto_on_the_cpu_is_float32() -> None:
    assert concrete("text_generation") == ("dummy", "cpu", "float32")


def test_auto_on_a_t4_is_float16_and_on_a_newer_gpu_bfloat16_for_text() -> None:
    assert concrete("text_generation", COLAB) == ("dummy", "cuda", "float16")
    assert concrete("text_generation", SERVER, device="cuda:1") == ("dummy", "cuda:1", "bfloat16")


def test_auto_on_a_gpu_is_float16_for_pictures() -> None:
    assert concrete("text_to_image", SERVER, device="cuda:1")[2] == "float16"
    assert concrete("load_model", SERVER, device="cuda:1", model="stable-diffusion-1.5")[2] == "float16"


def test_what_was_chosen_is_kept_and_needs_no_reason() -> None:
    plan = planned("text_generation", COLAB, source="dummy", device="cpu", dtype="bfloat16")
    assert concrete("text_generation", COLAB, source="dummy", device="cpu", dtype="bfloat16")[1:] == ("cpu", "bfloat16")
    assert plan.reasons == ()


def test_every_auto_is_explained() -> None:
    assert len(planned("text_generation").reasons) == 3


def test_a_gpu_that_is_not_there_is_refused_with_what_to_do() -> None:
    refusal = planned("text_generation", device="cuda").refusal
    assert refusal is not None and refusal.kind == "device_unavailable"
    assert "no NVIDIA driver" in refusal.message and "CPU" in refusal.remedy
    third = planned("text_generation", SERVER, device="cuda:2").refusal
    assert third is not None and "cuda:1" in third.remedy


def test_weights_that_do_not_fit_are_refused_with_both_sizes() -> None:
    refusal = planned("text_generation", SMALL).refusal
    assert refusal is not None and refusal.kind == "out_of_memory"
    assert "3.22 GiB" in refusal.message and "2.00 GiB" in refusal.message
    assert planned("text_generation", SMALL, source="embedded").refusal is None


def test_a_hub_that_was_asked_for_and_cannot_be_had_is_refused() -> None:
    refusal = planned("text_generation", source="hub").refusal
    assert refusal is not None and refusal.kind == "weights_unavailable"
    assert "1.52 GB" in refusal.message


def test_sizes_are_those_of_the_model_that_runs() -> None:
    assert planned("text_generation").parameters == 596_049_920
    assert planned("text_generation").weights_bytes == 2_384_199_680
    twin = planned("text_to_image")
    assert twin.parameters is not None and twin.parameters < 10_000_000
    both = planned("inpainting", source="dummy").parameters
    assert both is not None and both > 3_470_000_000


def test_a_lab_without_a_model_plans_too() -> None:
    plan = planned("runtime")
    assert (plan.refusal, plan.parameters) == (None, None)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"seed": 1}, {"seed": 2}, True),
        ({"prompt": "a"}, {"prompt": "b"}, True),
        ({"guidance_scale": 5}, {"guidance_scale": 7.5}, True),
        ({"guidance_scale": 1}, {"guidance_scale": 7.5}, False),
        ({"num_inference_steps": 10}, {"num_inference_steps": 20}, False),
        ({"height": 256}, {"height": 512}, False),
        ({"source": "dummy"}, {"source": "embedded"}, False),
        ({"previews": True}, {}, False),
        ({"sweep": "seed", "sweep_values": [1, 2]}, {"sweep": "seed", "sweep_values": [3, 4]}, True),
        ({"sweep": "seed", "sweep_values": [1, 2]}, {"sweep": "seed", "sweep_values": [3]}, False),
    ],
)
def test_the_workload_is_what_decides_the_duration(one: Any, other: Any, is_same: bool) -> None:
    same = planned("text_to_image", **one).workload == planned("text_to_image", **other).workload
    assert same is is_same


def test_the_workload_differs_between_machines() -> None:
    assert planned("text_generation").workload != planned("text_generation", COLAB).workload


def test_the_optimisation_lab_takes_the_full_size_for_text_and_the_twin_for_pictures_on_a_cpu() -> None:
    assert concrete("optimisation")[0] == "dummy"
    assert concrete("optimisation", model="stable-diffusion-1.5")[0] == "embedded"


def test_of_different_gpus_the_one_that_takes_the_job_chooses_the_precision() -> None:
    of_any = planned("text_generation", SERVER, device="cuda")
    assert of_any.leaves_dtype_open and of_any.queued()["dtype"] == "auto"
    assert any("precision that it computes in" in reason for reason in of_any.reasons)
    assert of_any.settings.model_dump()["dtype"] == "float16"
    for device, dtype in (("cuda:0", "float16"), ("cuda:1", "bfloat16")):
        on_one = planned("text_generation", SERVER, device=device)
        assert (on_one.queued()["dtype"], on_one.leaves_dtype_open) == (dtype, False)
    assert planned("text_generation", SERVER, device="cuda", dtype="float16").queued()["dtype"] == "float16"
    assert planned("text_generation", COLAB, device="cuda").queued()["dtype"] == "float16"


def test_of_different_gpus_the_one_that_has_room_takes_a_large_model() -> None:
    small = replace(SERVER.gpus[0], memory_bytes=2 * 2**30)
    machine = replace(SERVER, gpus=(small, SERVER.gpus[1]))
    on_the_larger = planned("load_model", machine, model="stable-diffusion-1.5", device="cuda", source="dummy")
    assert on_the_larger.settings.model_dump()["device"] == "cuda:1" and on_the_larger.refusal is None
    assert any("NVIDIA L4" in reason and "room" in reason for reason in on_the_larger.reasons)
    neither = replace(machine, gpus=(small,))
    assert planned("load_model", neither, model="stable-diffusion-1.5", device="cuda", source="dummy").refusal


def test_auto_takes_the_gpu_that_can_be_used_by_its_own_number() -> None:
    machine = replace(SERVER, gpus=(SERVER.gpus[1],))
    assert concrete("text_generation", machine)[1] == "cuda:1"
    assert planned("text_generation", machine, device="cuda:0").refusal
