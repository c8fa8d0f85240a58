"""Every lab through its CUDA branches, on simulated cards; what a card alone can tell is absent and says why."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from core.labs.load_model.run import NOT_TIMED_ON_DEVICE
from core.labs.optimisation import llama_process, program, text
from core.labs.optimisation.measuring import OwnMemory
from core.labs.text_generation import program as text_generation
from core.labs.train_ddpm.memory import taken
from core.measure.machine import this_machine
from core.measure.profile import NOT_SEEN
from core.measure.progress import SilentProgress
from core.measure.recorder import Recorder
from core.measure.verdict import verdict
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs import compiler
from core.runs.execution import Outcome, execute
from core.runs.registry import LABS
from tests.core.measure.run_schema import assert_valid
from tests.simulated_gpu import A100, H200_MIG, T4, Driver
from tests.ui.result_page import drawn, opened, words

Simulate = Callable[..., Driver]
QUICK: dict[str, dict[str, Any]] = {
    "runtime": {},
    "load_model": {"source": "embedded"},
    "text_generation": {"source": "embedded", "max_new_tokens": 6},
    "text_to_image": {"source": "embedded", "num_inference_steps": 3},
    "guidance": {
        "source": "embedded",
        "side": 64,
        "num_inference_steps": 1,
        "looks": 1,
        "scales": [],
        "repeats": 1,
    },
    "prompt_craft": {"source": "embedded", "num_inference_steps": 1, "last_steps": 2, "most_words": 1},
    "text_to_video": {"source": "embedded", "num_inference_steps": 2, "num_frames": (1, 2), "side": 64},
    "inpainting": {"source": "embedded", "num_inference_steps": 3},
    "image_classification": {"source": "embedded", "batch_sizes": [1, 2], "repeats": 2},
    "precision": {"source": "embedded", "max_new_tokens": 4},
    "optimisation": {"source": "embedded", "max_new_tokens": 4, "repeats": 2},
    "memory_savers": {
        "source": "embedded",
        "side": 64,
        "num_inference_steps": 1,
        "savers": ("half_precision", "vae_slicing"),
    },
    "image_to_image": {"source": "embedded", "num_inference_steps": 4, "strengths": (0.5, 1.0)},
    "train_ddpm": {"steps": 2, "batch": 4},
    "ddpm": {"source": "embedded", "ways": (), "ddim_steps": (2, 3)},
    "fine_tuning": {"source": "embedded", "steps": 2, "batch_size": 1, "side": 64, "num_inference_steps": 1},
}
"""The smallest run of each lab; a new lab without one fails here."""
HELD_BY_SOMETHING = (
    *("text_to_image", "prompt_craft", "image_to_image", "inpainting", "image_classification", "ddpm"),
    "text_to_video",
)
"""Labs whose twin has a limit on a T4: a cache holds the one that writes, and the others compare variants."""
NO_WAY_BACK = ("train_ddpm", "fine_tuning")
"""Labs that compute gradients: PyTorch's engine for that asks the driver itself, past the simulation. On the processor
they run as everywhere; what they ask of a card's meters is tried below."""
ON_A_CARD = [lab for lab in LABS if lab not in NO_WAY_BACK]
MIB = 2**20


def finished(lab: str, device: str = "cuda", **settings: Any) -> Outcome:
    resident = Resident()
    outcome = execute(lab, QUICK[lab] | {"device": device} | settings, SilentProgress(), resident)
    resident.release()
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    return outcome


def measured(lab: str, device: str = "cuda", **settings: Any) -> dict[str, Any]:
    return finished(lab, device, **settings).record


@pytest.mark.parametrize("lab", ON_A_CARD)
def test_every_lab_runs_on_a_t4_and_its_result_is_drawn(lab: str, simulate: Simulate, person: str) -> None:
    driver = simulate(T4)
    outcome = finished(lab)
    record = outcome.record
    assert record["device"] == {"type": "cuda", "name": T4.full_name, "index": 0}
    assert record["environment"]["gpus"] == [T4.full_name]
    assert record["conditions"]["gpu_after"]["sm_clock_mhz"] == 1410
    assert record["limit"] or record["limit_reason"]
    assert (verdict(record) is not None) is (lab in HELD_BY_SOMETHING)
    if lab != "runtime":
        assert record["fresh_process"] and record["memory"]["baseline"]["device_used_bytes"] == 0
        grown = record["memory"]["context"]["device_used_bytes"]
        assert grown == T4.context_bytes
        assert record["models"] and driver.devices[0].peak_allocated_bytes > record["models"][0]["weights_bytes"] / 2
    for repeat in record["repeats"]:
        timed = repeat["device_s"]
        assert repeat["device_s_reason"] == NOT_TIMED_ON_DEVICE if timed is None else 0 < timed <= repeat["wall_s"]
    assert driver.devices[0].allocated_bytes == 0
    app = drawn(outcome, person)
    tabs = [tab.label for tab in app.tabs]
    assert ("Why" in tabs) is (lab in HELD_BY_SOMETHING)
    told = {tab: words(opened(app, tab)) for tab in tabs}
    assert T4.full_name in told["Conditions"]
    assert "**What holds this run back.**" in told.get("Why", "") or "Why" not in told


@pytest.mark.parametrize("lab", [lab for lab in ON_A_CARD if lab != "runtime"])
def test_every_lab_stays_on_the_second_of_two_different_cards(lab: str, simulate: Simulate) -> None:
    driver = simulate(T4, A100)
    record = measured(lab, "cuda:1")
    assert record["device"] == {"type": "cuda", "name": A100.full_name, "index": 1}
    assert not driver.devices[0].has_context and driver.devices[1].peak_allocated_bytes > 0
    if "dtype" in record["settings"] and lab in ("load_model", "text_generation", "optimisation"):
        assert record["settings"]["dtype"] == "bfloat16"


def test_what_a_step_takes_is_read_off_the_cards_own_meter(simulate: Simulate) -> None:
    simulate(T4)
    recorder = Recorder("train_ddpm", {}, device="cuda", machine=this_machine())
    held = torch.zeros(10 * MIB, dtype=torch.uint8, device="cuda")

    def work() -> None:
        torch.zeros(30 * MIB, dtype=torch.uint8, device="cuda")
        torch.zeros(4 * MIB, dtype=torch.uint8, device="cuda")

    assert taken(recorder, work) == 30 * MIB
    assert recorder.record["memory"]["peak"]["allocated_bytes"] == held.nbytes + 30 * MIB


def test_a_slice_runs_a_lab_with_its_own_meters(simulate: Simulate) -> None:
    simulate(H200_MIG)
    record = measured("text_generation")
    assert "MIG 1g.18gb" in record["device"]["name"]
    assert record["memory"]["after_load"]["device_used_bytes"] > H200_MIG.slices[0].context_bytes


def test_each_token_is_handed_over_before_the_next_is_computed(simulate: Simulate) -> None:
    """On some devices transformers hands a token over one step late, and the time to the first would be that of two."""
    simulate(T4)
    path = checkpoint("qwen3-0.6b", "embedded", SilentProgress()).path
    tokenizer, model = text_generation.load(path, "cuda", torch.float16, stage=lambda name: None)
    passes, seen = [0], []

    class Streamer:
        def put(self, tokens: torch.Tensor) -> None:
            seen.append(passes[0])

        def end(self) -> None:
            pass

    model.register_forward_pre_hook(lambda *_: passes.append(passes.pop() + 1))
    text_generation.generate(tokenizer, model, "Once", max_new_tokens=4, seed=1, streamer=Streamer())
    assert seen == [0, 1, 2, 3, 4]


def test_boards_in_slices_are_not_taken_for_devices(simulate: Simulate) -> None:
    other = replace(H200_MIG, uuid="GPU-00000000-0000-0000-0000-000000000099", slices=H200_MIG.slices[1:])
    simulate(H200_MIG, other)
    assert torch.cuda.device_count() == 2  # the boards, until CUDA is asked
    facts = measured("runtime")["outputs"]["facts"]
    assert [gpu["name"] for gpu in facts["gpus"]] == [H200_MIG.slices[0].full_name]


def test_the_profile_that_a_simulation_cannot_give_is_absent(simulate: Simulate) -> None:
    simulate(T4)
    record = measured("text_to_image")
    assert record["profile"] is None and record["profile_reason"] == NOT_SEEN


def test_float32_pictures_have_no_limit_where_convolutions_are_in_tf32(simulate: Simulate) -> None:
    simulate(T4, A100)
    drawn = {"dtype": "float32", "model": "stable-diffusion-1.5", "num_inference_steps": 3}
    for lab in ("text_to_image", "optimisation"):
        given = drawn | ({"variants": ["eager", "channels_last"]} if lab == "optimisation" else {})
        assert measured(lab, "cuda:0", **given)["limit"]["value"] > 0
        on_ampere = measured(lab, "cuda:1", **given)
        assert on_ampere["limit"] is None and "TF32" in on_ampere["limit_reason"]
        for variant in on_ampere["outputs"].get("variants", []):
            assert variant["limit"] is None and "TF32" in variant["limit_reason"]
            assert variant["seconds_per_evaluation"] > 0 and variant["share_of_limit"] is None


def test_what_the_first_pass_alone_takes_is_not_the_variants_memory(simulate: Simulate) -> None:
    simulate(T4)
    recorder = Recorder("optimisation", {}, device="cuda", machine=this_machine())
    weights = torch.zeros(10 * MIB, dtype=torch.uint8, device="cuda")
    memory = OwnMemory(recorder, weights.nbytes)
    torch.zeros(80 * MIB, dtype=torch.uint8, device="cuda")  # what trying kernels takes
    memory.warm()
    torch.zeros(4 * MIB, dtype=torch.uint8, device="cuda")
    found = memory()
    assert found["meter"] == "reserved" and found["needed_bytes"] == 14 * MIB
    assert recorder.record["memory"]["peak"]["allocated_bytes"] == 90 * MIB


class FakeEngine:
    """Stands for llama.cpp's process, which takes memory of the card that no meter of this process sees."""

    driver: Driver

    def __init__(self, path: Any, threads: int, context_tokens: int, gpu: int | None) -> None:
        self.gpu = gpu
        if gpu is not None:
            self.driver.devices[gpu].foreign_bytes += 700 * MIB

    def __enter__(self) -> "FakeEngine":
        return self

    def __exit__(self, *_: Any) -> None:
        if self.gpu is not None:
            self.driver.devices[self.gpu].foreign_bytes -= 700 * MIB

    def write(self, ids: list[int], new_tokens: int, on_token: Callable[[int], None]) -> list[int]:
        for _ in range(new_tokens):
            on_token(0)
        return [0] * new_tokens


@pytest.mark.parametrize("hides_library", [False, True])
def test_an_engine_of_its_own_is_measured_by_the_meter_that_sees_it(
    hides_library: bool, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeEngine.driver = simulate(T4, A100, hides_library=hides_library)
    monkeypatch.setattr(text, "LlamaProcess", FakeEngine)
    monkeypatch.setattr(text, "why_not_installed", lambda: None)
    monkeypatch.setattr(text.Text, "_gguf", lambda subject, name: llama_process.Path(__file__))
    monkeypatch.setattr(text, "tensor_bytes", lambda path: 1000)
    record = measured("optimisation", "cuda:1", variants=["sdpa", "llama_cpp"])
    own, _, engine = (entry["memory"] for entry in record["outputs"]["variants"])
    assert own["meter"] == "reserved"
    assert (engine["meter"], engine["needed_bytes"]) == ("device_used", 700 * MIB)


def test_the_compiler_forgets_before_and_after_and_caches_again_as_it_did(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(T4)
    told: list[str] = []
    settings = torch.compiler.config
    monkeypatch.setattr(text.Text, "_window", None)
    monkeypatch.setattr(torch.compiler, "reset", lambda: told.append("reset"))

    def compile_step(model: Any, mode: str | None = None) -> Any:
        told.append(f"{mode}, caches {'off' if settings.force_disable_caches else 'on'}")
        return model

    monkeypatch.setattr(program, "compile_step", compile_step)
    before = settings.force_disable_caches
    measured("optimisation", variants=["compiled_static", "cuda_graphs"])
    assert told == ["reset", "None, caches off", "reset", "reset", "reduce-overhead, caches off", "reset"]
    assert settings.force_disable_caches is before


def test_the_precision_lab_compiles_anew_too(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(A100)
    told: list[bool] = []

    def compiled(function: Any, **_: Any) -> Any:
        told.append(torch.compiler.config.force_disable_caches)
        return function

    monkeypatch.setattr(torch, "compile", compiled)
    before = torch.compiler.config.force_disable_caches
    record = measured("precision", precisions=["float32", "bfloat16", "int8_torchao_compiled"])
    assert all(entry["is_available"] for entry in record["outputs"]["variants"]), record["outputs"]
    assert told == [True] and torch.compiler.config.force_disable_caches is before


def test_a_failure_in_the_compiler_leaves_the_caches_as_they_were() -> None:
    before = torch.compiler.config.force_disable_caches
    with pytest.raises(ZeroDivisionError), compiler.compiler_as_new():
        raise ZeroDivisionError
    assert torch.compiler.config.force_disable_caches is before


@pytest.mark.parametrize(("card", "dtype"), [(T4, torch.float16), (A100, torch.bfloat16)])
def test_quantized_precisions_compute_in_what_the_card_has(card: Any, dtype: torch.dtype, simulate: Simulate) -> None:
    from core.labs.precision.program import half_precision

    simulate(card)
    assert half_precision("cuda") == dtype
    names = ["float32", "int8_bitsandbytes", "nf4_bitsandbytes", "int8_torchao_compiled"]
    entries = measured("precision", precisions=names)["outputs"]["variants"]
    available = {entry["name"]: entry["is_available"] for entry in entries}
    # bitsandbytes makes tensors of a class of its own out of the card's, which simulated ones do not allow.
    assert available == dict(zip(names, (True, False, False, True), strict=True))
    assert all(entry["reason"] for entry in entries if not entry["is_available"])


@pytest.mark.parametrize("lab", LABS)
def test_a_run_on_the_processor_leaves_the_gpu_alone(lab: str, simulate: Simulate) -> None:
    driver = simulate(T4)
    record = measured(lab, "cpu")
    assert record["device"]["type"] == "cpu" and not driver.devices[0].has_context
    assert all(repeat["device_s"] is None for repeat in record["repeats"])


def test_a_driver_that_is_too_old_is_named_and_the_processor_goes_on(simulate: Simulate) -> None:
    simulate(T4, version="550.54.15", cuda_version=12040)
    assert torch.cuda.device_count() == 1 and not torch.cuda.is_available()
    facts = measured("runtime", "cpu")["outputs"]["facts"]
    assert facts["gpus"] == [] and "install driver 580" in facts["gpu_reason"]
    refused = execute("load_model", {"device": "cuda", "source": "embedded"}, SilentProgress(), Resident()).record
    assert refused["error"]["kind"] == "device_unavailable" and "driver 580" in refused["error"]["message"]


def test_bfloat16_is_not_compiled_where_the_card_only_imitates_it(simulate: Simulate) -> None:
    simulate(T4, A100)
    for device, is_available in (("cuda:0", False), ("cuda:1", True)):
        record = measured("optimisation", device, dtype="bfloat16", variants=["compiled_static"])
        entry = record["outputs"]["variants"][-1]
        assert entry["is_available"] is is_available
        assert is_available or "choose float16" in entry["reason"]
    drawn = {"model": "stable-diffusion-1.5", "num_inference_steps": 2, "dtype": "bfloat16"}
    entry = measured("optimisation", "cuda:0", variants=["compiled_unet"], **drawn)["outputs"]["variants"][-1]
    assert "choose float16" in entry["reason"]


def test_cuda_graphs_are_not_measured_where_each_token_would_be_recorded_anew(simulate: Simulate) -> None:
    simulate(A100)
    graphs = measured("optimisation", variants=["cuda_graphs"])["outputs"]["variants"][-1]
    assert not graphs["is_available"] and "counts them in Python" in graphs["reason"]


def test_cuda_graphs_may_not_be_left_out_without_a_word(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch._inductor.config as inductor

    simulate(A100)
    told: list[tuple[str | None, bool]] = []
    monkeypatch.setattr(text.Text, "_window", None)

    def compile_step(model: Any, mode: str | None = None) -> Any:
        told.append((mode, inductor.triton.cudagraph_or_error))
        return model

    monkeypatch.setattr(program, "compile_step", compile_step)
    measured("optimisation", variants=["compiled_static", "cuda_graphs"])
    assert told == [(None, False), ("reduce-overhead", True)] and not inductor.triton.cudagraph_or_error
