"""Writes a checkpoint of random weights, laid out as on the Hub and of the real size.

It is loaded by plain `from_pretrained`, as the Hub's weights are.

    >>> write_checkpoint(CATALOG["qwen3-0.6b"], Path("qwen"), stage="Writing", progress=SilentProgress())
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.measure.progress import Progress
from core.models.architecture import networks, tensors, weights_file
from core.models.catalog import CONFIGS, DTYPE_BYTES, Model
from core.models.safetensors_file import RandomValues, write_safetensors
from core.models.tokenizer_files import write_clip_tokenizer, write_qwen_tokenizer

QWEN_VOCABULARY = 151_643
SPECIAL_ROWS = 32
"""Rows of the twin's embedding that are left for Qwen's 26 special tokens."""
REPORT_EVERY_BYTES = 32_000_000


def write_checkpoint(model: Model, folder: Path, *, stage: str, progress: Progress) -> None:
    """Write configurations, tokenizers and weights of `model` into the empty `folder`.

    Weights get the dtype and the file variant of the Hub's.

    Raises:
        OSError: the disk is full or cannot be written.
        RunCancelled: `progress` asked to stop, at the latest 32 MB after that.
    """
    shutil.copytree(CONFIGS / model.id, folder, dirs_exist_ok=True)
    progress.report(stage)
    _write_tokenizers(folder)
    dtype, variant = model.storage_dtype, model.variant
    built = networks(folder)
    files = [(weights_file(name, network, variant), tensors(name, network)) for name, network in built.items()]
    total = sum(tensor.values for _, specs in files for tensor in specs) * DTYPE_BYTES[dtype]
    values, written = RandomValues(dtype), _reporter(stage, total, progress)
    for name, specs in files:
        write_safetensors(folder / name, specs, values, written)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _write_tokenizers(folder: Path) -> None:
    """One tokenizer beside every text model, with as many tokens as the model has rows for."""
    config = _read(folder / "config.json") if (folder / "config.json").exists() else {}
    if rows := config.get("vocab_size"):
        write_qwen_tokenizer(folder, min(QWEN_VOCABULARY, rows - SPECIAL_ROWS))
    if text := config.get("text_config"):
        write_clip_tokenizer(folder, text["vocab_size"])
    if (folder / "text_encoder").exists():
        rows = _read(folder / "text_encoder" / "config.json")["vocab_size"]
        write_clip_tokenizer(folder / "tokenizer", rows)
    if (folder / "text_encoder_2").exists():
        rows = _read(folder / "text_encoder_2" / "config.json")["vocab_size"]
        write_clip_tokenizer(folder / "tokenizer_2", rows, pad_token="!")


def _reporter(stage: str, total_bytes: int, progress: Progress) -> Callable[[int], None]:
    done = reported = 0

    def written(piece_bytes: int) -> None:
        nonlocal done, reported
        done += piece_bytes
        if done - reported >= REPORT_EVERY_BYTES or done == total_bytes:
            reported = done
            progress.check()
            progress.report(stage, done, total_bytes)

    return written
