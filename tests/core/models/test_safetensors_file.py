import os

import pytest
import torch
from safetensors.torch import load_file

from core.models.safetensors_file import BLOCK_VALUES, RandomValues, TensorSpec, write_safetensors


def write(path, *tensors, dtype="float32", written=lambda count: None):
    write_safetensors(path, tensors, RandomValues(dtype), written)
    return load_file(path)


def test_file_is_read_back_with_names_shapes_and_dtype(tmp_path):
    found = write(tmp_path / "a", TensorSpec("x", (3, 5), std=1), TensorSpec("y.z", (7,), 1.0), dtype="bfloat16")
    assert {name: (tuple(t.shape), t.dtype) for name, t in found.items()} == {
        "x": ((3, 5), torch.bfloat16),
        "y.z": ((7,), torch.bfloat16),
    }


def test_values_have_the_mean_and_deviation_that_were_asked_for(tmp_path):
    found = write(tmp_path / "a", TensorSpec("x", (200_000,), 1.0, 0.02), TensorSpec("one", (4,), 1.0))
    assert found["x"].mean().item() == pytest.approx(1.0, abs=1e-3)
    assert found["x"].std().item() == pytest.approx(0.02, rel=0.02)
    assert found["one"].tolist() == [1.0] * 4


def test_a_tensor_larger_than_the_block_is_filled_to_its_end(tmp_path):
    found = write(tmp_path / "a", TensorSpec("x", (BLOCK_VALUES * 2 + 10,), std=1))["x"]
    assert found[-BLOCK_VALUES // 2 :].std().item() == pytest.approx(1.0, rel=0.02)
    assert torch.equal(found[:100], found[BLOCK_VALUES : BLOCK_VALUES + 100])


def test_the_same_file_is_written_every_time(tmp_path):
    for name in "ab":
        write(tmp_path / name, TensorSpec("x", (1000,), std=1))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_tensors_of_one_key_hold_the_same_values_and_others_do_not(tmp_path):
    tensors = (TensorSpec(name, (50,), std=1, key=key) for name, key in (("a", "k"), ("b", "k"), ("c", "")))
    found = write(tmp_path / "a", *tensors)
    assert torch.equal(found["a"], found["b"])
    assert not torch.equal(found["a"], found["c"])


def test_bytes_are_counted_and_the_counter_can_stop_the_writing(tmp_path):
    counts: list[int] = []
    write(tmp_path / "a", TensorSpec("x", (3_000_000,), std=1), written=counts.append)
    assert sum(counts) == 12_000_000
    assert len(counts) > 2

    def stop(count: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        write(tmp_path / "b", TensorSpec("x", (3_000_000,), std=1), written=stop)
    assert os.path.getsize(tmp_path / "b") < 12_000_000
