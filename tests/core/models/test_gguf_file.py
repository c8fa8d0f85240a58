"""The converted file holds the checkpoint's numbers, and llama.cpp computes with them what transformers computes."""

import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3ForCausalLM

from core.measure.progress import SilentProgress
from core.models.gguf_file import gguf_file, tensor_bytes

IDS = [3, 141, 59, 26, 5, 35, 89]
LOGITS = """
import sys
import llama_cpp, numpy as np
from core.labs.optimisation.engine import load_llama_cpp
model, context = load_llama_cpp(sys.argv[1], 1, 64)
ids = [int(part) for part in sys.argv[2].split(",")]
tokens = (llama_cpp.llama_token * len(ids))(*ids)
llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(tokens, len(ids)))
np.save(sys.argv[3], np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), shape=(256,)))
"""


@pytest.fixture(params=[True, False], ids=["tied", "own head"])
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A small random Qwen3 with every kind of tensor, on the disk."""
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=256,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=128,
        rope_theta=1_000_000.0,
        tie_word_embeddings=request.param,
        initializer_range=0.2,
    )
    model = Qwen3ForCausalLM(config)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data.uniform_(0.5, 1.5)
    model.save_pretrained(tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def test_every_number_arrives(checkpoint: Path) -> None:
    path = gguf_file(checkpoint, "small", "F32", SilentProgress())
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    read = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
    own = model.get_parameter("model.layers.1.self_attn.q_proj.weight").detach().numpy()
    assert np.array_equal(read["blk.1.attn_q.weight"], own)
    assert sum(data.size for data in read.values()) == model.num_parameters()
    assert tensor_bytes(path) == 4 * model.num_parameters()


@pytest.mark.parametrize(("precision", "tolerance"), [("F32", 0.005), ("BF16", 0.1), ("F16", 0.02), ("Q8_0", 0.1)])
def test_llama_cpp_computes_the_same_logits(checkpoint: Path, precision: str, tolerance: float, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama.cpp is not installed: make engines")
    path = gguf_file(checkpoint, "small", precision, SilentProgress())
    saved = tmp_path / "logits.npy"
    command = [sys.executable, "-c", LOGITS, str(path), ",".join(map(str, IDS)), str(saved)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-1000:]
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    with torch.inference_mode():
        wanted = model(torch.tensor([IDS])).logits[0, -1].numpy()
    assert np.abs(np.load(saved) - wanted).max() < tolerance * np.abs(wanted).max()


def test_a_file_is_written_once_and_anew_for_another_checkpoint(checkpoint: Path) -> None:
    path = gguf_file(checkpoint, "small", "F16", SilentProgress())
    first = path.stat().st_mtime_ns
    assert gguf_file(checkpoint, "small", "F16", SilentProgress()).stat().st_mtime_ns == first
    model = AutoModelForCausalLM.from_pretrained(checkpoint)
    model.model.norm.weight.data.zero_()
    model.save_pretrained(checkpoint)
    assert gguf_file(checkpoint, "small", "F16", SilentProgress()).stat().st_mtime_ns > first
