"""A text model's checkpoint as one GGUF file, the format of llama.cpp, which transformers reads as well.

Engines differ in how they compute, so a comparison has to give them the same numbers: the file is made from the
checkpoint that the run itself loaded, at the run's precision, and kept in the cache. Only what the catalog's text model
needs is translated (the architecture Qwen3). The tokenizer stays out: llama.cpp is given token ids.

    path = gguf_file(Path("checkpoint"), "qwen3-0.6b-dummy", "Q8_0", SilentProgress())
"""

import json
import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from core.config import config
from core.measure.progress import Progress
from core.models.written_once import write_once

FILE = "model.gguf"
MADE_FROM = "made_from.json"
LAYOUT = 1
"""Change it when what is written changes."""
PRECISIONS = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
"""What GGUF calls torch's precisions; Q8_0 and Q4_0 are numbers of 8 and 4 bits with one scale for 32 of them."""
BITS = {"F32": 32, "F16": 16, "BF16": 16, "Q8_0": 8.5, "Q4_0": 4.5}
TIED = "lm_head.weight"
Read = Callable[[], "np.ndarray[Any, Any]"]


def gguf_file(checkpoint: Path, name: str, precision: str, progress: Progress) -> Path:
    """The GGUF file of the weights in the folder `checkpoint`, written now if it is not in the cache yet.

    Args:
        name: of the weights, for the cache folder; one name holds one file per precision.
        precision: a key of `BITS`.

    Raises:
        ImportError: the package gguf is not installed.
        WeightsUnavailable: the disk is too full.
        RunCancelled: the run was stopped meanwhile; nothing of the file is kept.
    """
    folder = config().cache_dir / "gguf" / f"{name}-{precision}"
    made_from = json.dumps(_fingerprint(checkpoint))
    mark = folder / MADE_FROM
    write_once(
        folder,
        int(_parameters(checkpoint) * BITS[precision] / 8),
        lambda part: _write(checkpoint, part, precision, made_from, progress),
        f"weights of {name} as GGUF",
        progress,
        lambda: mark.is_file() and mark.read_text(encoding="utf-8") == made_from,
    )
    return folder / FILE


def tensor_bytes(path: Path) -> int:
    """Bytes of all tensors in a GGUF file: what one token reads of it."""
    from gguf import GGUFReader

    return sum(int(tensor.n_bytes) for tensor in GGUFReader(path).tensors)


def _fingerprint(checkpoint: Path) -> list[Any]:
    """What tells one checkpoint from another without reading gigabytes."""
    files = sorted(checkpoint.glob("*.safetensors"))
    return [LAYOUT, *([file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files)]


def _write(checkpoint: Path, folder: Path, precision: str, made_from: str, progress: Progress) -> None:
    from gguf import GGML_QUANT_SIZES, MODEL_ARCH, MODEL_ARCH_NAMES, GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize

    settings = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    writer = GGUFWriter(folder / FILE, MODEL_ARCH_NAMES[MODEL_ARCH.QWEN3])
    _describe(writer, settings)
    names, kinds = _names(settings), []
    for name, shape, _ in _tensors(checkpoint, settings):
        # The weights of a norm are few and scale everything: they stay exact, as in llama.cpp's own files.
        kind = GGMLQuantizationType[precision if len(shape) > 1 else "F32"]
        block_values, block_bytes = GGML_QUANT_SIZES[kind]
        nbytes = math.prod(shape) // block_values * block_bytes
        writer.add_tensor_info(names(name), shape, np.dtype(np.float32), nbytes, raw_dtype=kind)
        kinds.append(kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for done, (_, _, read) in enumerate(_tensors(checkpoint, settings)):
        progress.check()
        progress.report(f"Writing the weights as GGUF ({precision})", done, len(kinds))
        writer.write_tensor_data(quantize(read(), kinds[done]))
    writer.close()
    (folder / MADE_FROM).write_text(made_from, encoding="utf-8")


def _describe(writer: Any, settings: dict[str, Any]) -> None:
    """The architecture's figures under llama.cpp's names."""
    rope = settings.get("rope_parameters") or settings
    writer.add_block_count(settings["num_hidden_layers"])
    writer.add_context_length(settings["max_position_embeddings"])
    writer.add_embedding_length(settings["hidden_size"])
    writer.add_feed_forward_length(settings["intermediate_size"])
    writer.add_head_count(settings["num_attention_heads"])
    writer.add_head_count_kv(settings["num_key_value_heads"])
    writer.add_key_length(settings["head_dim"])
    writer.add_value_length(settings["head_dim"])
    writer.add_rope_freq_base(float(rope["rope_theta"]))
    writer.add_layer_norm_rms_eps(settings["rms_norm_eps"])
    writer.add_vocab_size(settings["vocab_size"])
    writer.add_tokenizer_model("no_vocab")


def _names(settings: dict[str, Any]) -> Callable[[str], str]:
    """From the name of a tensor in the checkpoint to its name in GGUF."""
    from gguf import MODEL_ARCH, get_tensor_name_map

    known = get_tensor_name_map(MODEL_ARCH.QWEN3, settings["num_hidden_layers"])

    def name_of(tensor: str) -> str:
        found = known.get_name(tensor, try_suffixes=(".weight",))
        if found is None:
            raise ValueError(f"GGUF has no name for the tensor {tensor} of this checkpoint")
        return str(found)

    return name_of


def _tensors(checkpoint: Path, settings: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...], Read]]:
    """Name, shape and a way to read each tensor as float32; a tied head, which some files hold twice, once."""
    for path in sorted(checkpoint.glob("*.safetensors")):
        with safe_open(path, framework="pt") as opened:
            names = [name for name in opened.keys() if name != TIED or not settings["tie_word_embeddings"]]  # noqa: SIM118
            for name in names:
                shape = tuple(opened.get_slice(name).get_shape())
                yield name, shape, partial(_as_float32, opened, name)


def _as_float32(opened: Any, name: str) -> "np.ndarray[Any, Any]":
    values: np.ndarray[Any, Any] = opened.get_tensor(name).float().numpy()
    return values


def _parameters(checkpoint: Path) -> int:
    settings = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    return sum(math.prod(shape) for _, shape, _ in _tensors(checkpoint, settings))
