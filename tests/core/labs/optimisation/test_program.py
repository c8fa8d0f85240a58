"""The decode loop itself, on a model small enough to be compiled within a test."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from core.labs.optimisation import program

IDS = [3, 14, 15, 92, 65]


def a_model(**attention: Any) -> Qwen3ForCausalLM:
    torch.manual_seed(2)
    config = Qwen3Config(
        **attention,
        vocab_size=128,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        initializer_range=0.3,
    )
    return Qwen3ForCausalLM(config).eval()


@pytest.fixture
def model() -> Qwen3ForCausalLM:
    return a_model()


def generated(model: Qwen3ForCausalLM, new_tokens: int) -> list[int]:
    tokens = model.generate(
        torch.tensor([IDS]), do_sample=False, max_new_tokens=new_tokens, min_new_tokens=new_tokens, eos_token_id=None
    )
    return tokens[0, len(IDS) :].tolist()


def test_the_loop_writes_what_generate_writes(model: Qwen3ForCausalLM) -> None:
    told: list[int] = []
    written = program.write(model, IDS, 12, on_token=told.append)
    assert written == told == generated(model, 12)


def test_a_static_cache_serves_one_text_after_the_other(model: Qwen3ForCausalLM) -> None:
    cache = program.static_cache(model, len(IDS) + 12)
    assert [program.write(model, IDS, 12, cache) for _ in range(2)] == [generated(model, 12)] * 2


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="no C++ compiler here")
def test_compiled_it_writes_the_same_and_compiles_once(model: Qwen3ForCausalLM) -> None:
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    cache, step = program.static_cache(model, len(IDS) + 6), program.compile_step(model)
    assert [program.write(model, IDS, 6, cache, step) for _ in range(2)] == [generated(model, 6)] * 2
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1


@pytest.mark.parametrize(
    ("attention", "counts"),
    [({}, False), ({"use_sliding_window": True, "sliding_window": 64, "max_window_layers": 0}, True)],
)
def test_only_the_cache_of_a_window_hands_the_step_a_number_that_changes(
    attention: dict[str, Any], counts: bool
) -> None:
    """A CUDA graph is recorded anew for every such number, see `Text.obstacle`."""
    given: list[bool] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[Any]) -> Callable[..., Any]:
        given.append(any(isinstance(each, int | torch.SymInt) for each in inputs))
        return graph.forward

    torch._dynamo.reset()
    model = a_model(**attention)
    step = torch.compile(model, backend=backend)
    program.write(model, IDS, 6, program.static_cache(model, len(IDS) + 6), step)
    assert (given[-1], len(given) > 1) == (counts, counts)
