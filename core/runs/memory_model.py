"""How much memory a run should take, computed from the architecture, and what it did take, part by part. No torch.

Before the run: the weights, and what the pass itself needs. For text that is the cache of keys and values, two numbers
per layer, head and token; for pictures it is the decoder's last stage, where three tensors of the full picture size
exist at once (counted by following every tensor of the real decoder, see the tests). What CUDA keeps for itself is not
computed: no published figure holds for another card, so it is taken from an earlier run on this one.

After the run the same parts are read off the meters and add up to what the meter grew by; what they leave open is named
unexplained.

    >>> [(part.name, gib(part.bytes)) for part in predicted(LABS["text_generation"], settings, 2_384_199_680)]
    [('weights', '2.22 GiB'), ('keys and values', '24.2 MiB')]
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.config import ROOT
from core.models.catalog import CATALOG, CONFIGS, DTYPE_BYTES
from core.runs.records import Record, growth, main_meter, reading, variants
from core.runs.settings import ModelSettings

if TYPE_CHECKING:
    from core.runs.lab import Lab

Name = Literal[
    "CUDA context",
    "weights",
    "keys and values",
    "activations",
    "gradients, moments and activations",
    "working memory",
    "kept by PyTorch",
    "unexplained",
]
CHARACTERS_PER_TOKEN = 4
"""Of English text, roughly; the prompt is a small part of the tokens."""
LIVE_TENSORS = 3
"""Full-size tensors that exist at once in the last stage of a decoder."""


@dataclass(frozen=True)
class Part:
    """One part of the memory, in bytes."""

    name: Name
    bytes: int


def predicted(lab: "Lab", settings: ModelSettings, weights_bytes: int) -> tuple[Part, ...]:
    """The parts that a run should take at its highest point, without what CUDA keeps for itself."""
    weights = Part("weights", weights_bytes)
    return (weights, lab.beside_weights(settings)) if lab.beside_weights else (weights,)


def keys_and_values(settings: ModelSettings) -> Part:
    """What a text keeps of its prompt and of every new token."""
    values = settings.model_dump()
    tokens = len(values["prompt"]) // CHARACTERS_PER_TOKEN + values["max_new_tokens"]
    return Part("keys and values", kv_bytes(configuration(settings), tokens, DTYPE_BYTES[settings.dtype]))


def activations(settings: ModelSettings) -> Part:
    """What a picture's decoder holds at its last stage."""
    return Part("activations", _activation_bytes(settings))


def kv_bytes(configuration: dict[str, Any], tokens: int, number_bytes: int) -> int:
    """Bytes of the keys and values of `tokens` tokens, from a model's configuration."""
    kept = min(tokens, configuration.get("sliding_window") or tokens)
    numbers = configuration["num_hidden_layers"] * configuration["num_key_value_heads"] * configuration["head_dim"]
    return int(2 * numbers * number_bytes * kept)


def activation_bytes(configuration: dict[str, Any], height: int, width: int, number_bytes: int) -> int:
    """Bytes of the tensors that exist at once where a decoder works at the full picture size, in pixels."""
    channels = configuration["block_out_channels"]
    return int(LIVE_TENSORS * channels[1] * height * width * number_bytes)


def measured(record: Record) -> tuple[Part, ...]:
    """The parts of what a run added to its device's main meter; they add up to it. Empty where it was not read.

    A run that loads several models in turn has no parts of its own: its `outputs.variants` say the memory of each.
    """
    if variants(record) or record["device"]["type"] == "mps":  # whose memory is the RAM, counted by two meters
        return ()
    return _on_cuda(record) if record["device"]["type"] == "cuda" else _on_cpu(record)


def _on_cuda(record: Record) -> tuple[Part, ...]:
    border = "after_run" if reading(record, "after_run", "device_used") is not None else "after_load"
    grown, context = growth(record, border, "device_used"), growth(record, "context", "device_used")
    reserved, peak = reading(record, border, "reserved"), reading(record, "peak", "allocated")
    if grown is None or reserved is None or peak is None or not record.get("models"):
        return ()
    weights = _weights(record)
    parts = [Part("weights", weights), Part("working memory", int(peak) - weights)]
    parts.append(Part("kept by PyTorch", int(reserved - peak)))
    if context is not None:
        parts.insert(0, Part("CUDA context", int(context)))
    return _with_the_rest(parts, int(grown))


def _on_cpu(record: Record) -> tuple[Part, ...]:
    meter = main_meter(record)
    # The peak of a mere load holds the mapped file, which the system can drop; a run's is what it really needed.
    was_run = growth(record, "after_run", meter) is not None
    borders = ("peak", "after_run") if was_run else ("after_load", "peak")
    grown = next((size for border in borders if (size := growth(record, border, meter)) is not None), None)
    if grown is None or not record.get("models"):
        return ()
    return _with_the_rest([Part("weights", _weights(record))], int(grown))


def _with_the_rest(parts: list[Part], grown: int) -> tuple[Part, ...]:
    return *parts, Part("unexplained", grown - sum(part.bytes for part in parts))


def _weights(record: Record) -> int:
    return sum(int(model["weights_bytes"]) for model in record["models"])


def _activation_bytes(settings: ModelSettings) -> int:
    values, model = settings.model_dump(), CATALOG[settings.model]
    side = (model.twin_size if settings.source == "embedded" else model.native_size) or 0
    vae = configuration(settings, "vae")
    height, width = values["height"] or side, values["width"] or side
    if "vae_tiling" in settings.load_options:
        tile = int(vae["sample_size"])
        height, width = min(height, tile), min(width, tile)
    # In half precision some decoders run over, so they compute in float32 whatever the run's precision is.
    upcast = vae.get("force_upcast") and model.has_two_text_encoders
    number_bytes = 4 if upcast else DTYPE_BYTES[settings.dtype]
    return activation_bytes(vae, height, width, number_bytes)


def configuration(settings: ModelSettings, component: str = "") -> dict[str, Any]:
    """How a network of the run's model is built, as its checkpoint says it; of one component where it has several."""
    folder = ROOT / "embedded_models" if settings.source == "embedded" else CONFIGS
    return _read(folder / settings.model / component / "config.json")


@lru_cache
def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
