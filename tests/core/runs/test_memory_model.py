"""The memory that is predicted, against published figures and against the tensors of the real architectures."""

import json
import weakref
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from core.labs.inpainting.settings import Settings as Inpainting
from core.labs.load_model.settings import Settings as Loading
from core.labs.text_generation.settings import Settings as Text
from core.labs.text_to_image.settings import Settings as Picture
from core.models.catalog import CATALOG, CONFIGS
from core.runs.memory_model import Part, activation_bytes, kv_bytes, measured, predicted
from core.runs.registry import LABS

MIB = 2**20
QWEN = json.loads((CONFIGS / "qwen3-0.6b" / "config.json").read_text())
PUBLISHED_MIB = {2_049: 1394, 8_192: 2066, 16_384: 2963, 32_768: 4755}
"""Memory of Qwen3-0.6B in bfloat16 by tokens, from Qwen's own speed benchmark."""


def test_two_terms_and_one_constant_meet_the_published_memory_within_2_mib() -> None:
    weights = CATALOG["qwen3-0.6b"].weights_bytes("bfloat16")
    left = [mib - (weights + kv_bytes(QWEN, tokens, 2)) / MIB for tokens, mib in PUBLISHED_MIB.items()]
    constant = sum(left) / len(left)
    assert max(abs(each - constant) for each in left) < 2 and 30 < constant < 37


def test_keys_and_values_take_112_kib_per_token() -> None:
    assert kv_bytes(QWEN, 1, 2) == 114_688


def test_a_sliding_window_bounds_the_cache() -> None:
    assert kv_bytes(QWEN | {"sliding_window": 256}, 1000, 2) == 256 * 114_688


class LiveTensors(TorchDispatchMode):
    """Follows every tensor from its making to its end; `peak` is the most bytes that existed at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = operator(*args, **(kwargs or {}))
        for tensor in tree_flatten(out)[0]:
            if isinstance(tensor, torch.Tensor) and (key := tensor.untyped_storage()._cdata) not in self._known:
                storage = tensor.untyped_storage()
                self._known.add(key)
                self.now += storage.nbytes()
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self._end, key, storage.nbytes())
        return out

    def _end(self, key: int, size_bytes: int) -> None:
        self._known.discard(key)
        self.now -= size_bytes


@pytest.mark.parametrize("model", ["stable-diffusion-1.5", "sdxl-inpainting"])
@pytest.mark.parametrize("side", [256, 512])
def test_the_decoders_tensors_take_what_the_model_says(model: str, side: int) -> None:
    configuration = json.loads((CONFIGS / model / "vae" / "config.json").read_text())
    with torch.device("meta"):
        decoder = AutoencoderKL.from_config(configuration)
    latents = torch.empty(1, 4, side // 8, side // 8, device="meta")
    with torch.inference_mode(), LiveTensors() as live:
        decoder.decode(latents)
    assert live.peak == pytest.approx(activation_bytes(configuration, side, side, 4), rel=0.01)


@pytest.mark.parametrize(
    ("lab", "settings", "parts"),
    [
        ("load_model", Loading(dtype="float16"), ["weights"]),
        ("text_generation", Text(dtype="float32"), ["weights", "keys and values"]),
        ("text_generation", Text(dtype="float32", source="embedded"), ["weights", "keys and values"]),
        ("text_to_image", Picture(dtype="float16"), ["weights", "activations"]),
        ("inpainting", Inpainting(dtype="float16", source="embedded"), ["weights", "activations"]),
    ],
)
def test_every_lab_has_its_parts(lab: str, settings: Any, parts: list[str]) -> None:
    found = predicted(LABS[lab], settings, 1000)
    assert [part.name for part in found] == parts and all(part.bytes > 0 for part in found)


def test_sdxl_decodes_in_float32_whatever_the_precision() -> None:
    wide, half = (predicted(LABS["inpainting"], Inpainting(dtype=dtype), 0)[1] for dtype in ("float32", "float16"))
    assert wide == half == Part("activations", 3 * 256 * 1024 * 1024 * 4)
    turbo = Picture(model="sdxl-turbo", dtype="float16")
    assert predicted(LABS["text_to_image"], turbo, 0)[1] == Part("activations", 3 * 256 * 512 * 512 * 4)


def cuda_record(**memory: Any) -> dict[str, Any]:
    return {"device": {"type": "cuda"}, "models": [{"weights_bytes": 1000}], "memory": memory}


def test_what_a_gpu_gained_adds_up() -> None:
    record = cuda_record(
        baseline={"device_used_bytes": 500},
        context={"device_used_bytes": 900},
        peak={"allocated_bytes": 1300},
        after_run={"device_used_bytes": 2600, "reserved_bytes": 1500},
    )
    found = {part.name: part.bytes for part in measured(record)}
    assert found == {
        "CUDA context": 400,
        "weights": 1000,
        "working memory": 300,
        "kept by PyTorch": 200,
        "unexplained": 200,
    }
    assert sum(found.values()) == 2600 - 500


def test_on_the_cpu_the_rest_is_unexplained() -> None:
    borders = {"baseline": 100, "after_load": 1150, "peak": 1400, "after_run": 1200}
    memory: dict[str, Any] = {name: {"process_rss_bytes": value} for name, value in borders.items()}
    record = {"device": {"type": "cpu"}, "models": [{"weights_bytes": 1000}], "memory": memory}
    assert [(part.name, part.bytes) for part in measured(record)] == [("weights", 1000), ("unexplained", 300)]
    # Of a mere load it is what stayed: its peak holds the mapped file.
    memory["after_run"] = None
    assert [(part.name, part.bytes) for part in measured(record)] == [("weights", 1000), ("unexplained", 50)]


def test_what_was_not_read_gives_no_parts() -> None:
    assert measured(cuda_record(baseline=None)) == ()
    assert measured({"device": {"type": "cpu"}, "models": [], "memory": {}}) == ()
