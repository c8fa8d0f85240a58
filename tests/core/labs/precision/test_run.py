"""The precision lab on the twin: what is counted, timed, compared, and kept where a precision cannot run."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from core.labs.precision import program
from core.labs.precision.settings import VARIANTS, Settings
from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs.execution import execute
from core.runs.parsing import parse_settings
from core.runs.registry import LABS
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

Record = dict[str, Any]
PLAIN = ["float32", "bfloat16", "float16", "int8_bitsandbytes", "nf4_bitsandbytes"]
TWIN = CATALOG["qwen3-0.6b"].twin_parameters
SETTINGS: Record = {"source": "embedded", "device": "cpu", "max_new_tokens": 4, "repeats": 2}


def run(progress: Any = None, **settings: Any) -> Record:
    return execute("precision", SETTINGS | settings, progress or SilentProgress(), Resident()).record


def variants_of(record: Record) -> dict[str, Record]:
    return {each["name"]: each for each in record["outputs"]["variants"]}


@pytest.fixture(scope="module")
def twin_path() -> str:
    return checkpoint("qwen3-0.6b", "embedded", SilentProgress()).path


@pytest.fixture(scope="module")
def sweep() -> Record:
    """One run of every precision that needs no compiler."""
    return run(precisions=PLAIN)


def test_the_record_is_valid_and_names_every_precision_in_order(sweep: Record) -> None:
    assert sweep["state"] == "finished", sweep["error"]
    assert_valid(sweep)
    assert list(variants_of(sweep)) == PLAIN
    assert [each["title"] for each in sweep["outputs"]["variants"]] == [VARIANTS[name].title for name in PLAIN]  # type: ignore[index]


def test_the_first_repeat_of_every_precision_is_cold(sweep: Record) -> None:
    found = [(each["settings"]["precision"], each["is_first"]) for each in sweep["repeats"]]
    assert found == [(name, is_first) for name in PLAIN for is_first in (True, False)]
    assert [each["index"] for each in sweep["repeats"]] == list(range(10))


def test_rates_are_those_of_the_warm_repeats(sweep: Record) -> None:
    for name, variant in variants_of(sweep).items():
        warm = [
            each["tokens_per_s"]
            for each in sweep["repeats"]
            if each["settings"]["precision"] == name and not each["is_first"]
        ]
        assert variant["tokens_per_s"] == warm[0] and variant["tokens_per_s_range"] == [warm[0], warm[0]]


def test_bytes_are_counted_as_stored_scales_included(sweep: Record) -> None:
    found = {name: variant["weights_bytes"] for name, variant in variants_of(sweep).items()}
    buffers = found["float32"] - 4 * TWIN
    assert 0 <= buffers < 1024
    assert found["bfloat16"] == found["float16"] == 2 * TWIN + buffers
    linear = 786_432
    rest = 2 * (TWIN - linear) + buffers
    assert found["int8_bitsandbytes"] - rest - linear == 4 * sum(rows for rows, _ in _linear_shapes())
    packed = linear // 2 + 4 * linear // 64
    assert packed <= found["nf4_bitsandbytes"] - rest <= packed + 16 * 4 * len(_linear_shapes())


def _linear_shapes() -> list[tuple[int, int]]:
    path = Path(checkpoint("qwen3-0.6b", "embedded", SilentProgress()).path) / "config.json"
    config = json.loads(path.read_text())
    hidden, inner, head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * head, config["num_key_value_heads"] * head
    layer = [(queries, hidden), (keys, hidden), (keys, hidden), (hidden, queries)]
    return [*layer, (inner, hidden), (inner, hidden), (hidden, inner)] * config["num_hidden_layers"]


def test_four_bits_are_not_an_eighth_of_float32(sweep: Record) -> None:
    found = variants_of(sweep)
    share = found["nf4_bitsandbytes"]["weights_bytes"] / found["float32"]["weights_bytes"]
    assert share > 1 / 8 * 1.5
    assert found["nf4_bitsandbytes"]["embedding_bytes"] == found["bfloat16"]["embedding_bytes"]


def test_fewer_bits_move_the_output_further(sweep: Record) -> None:
    found = variants_of(sweep)
    assert (found["float32"]["kl_nats"], found["float32"]["same_top_share"]) == (0, 1)
    order = ["float16", "bfloat16", "int8_bitsandbytes", "nf4_bitsandbytes"]
    distances = [found[name]["kl_nats"] for name in order]
    assert distances[0] > 0 and distances == sorted(distances)
    assert 0.5 < found["nf4_bitsandbytes"]["same_top_share"] < 1
    assert all(each["positions"] > 50 and each["non_finite_positions"] == 0 for each in found.values())


def test_p3_tells_what_is_measured(sweep: Record) -> None:
    """The figures of the explanation, within what another processor's rounding changes."""
    told = {"float16": 1.5e-6, "bfloat16": 7.5e-5, "int8_bitsandbytes": 5e-4, "nf4_bitsandbytes": 0.013}
    found = variants_of(sweep)
    assert all(expected / 2 < found[name]["kl_nats"] < expected * 2 for name, expected in told.items())
    assert {each["positions"] for each in found.values()} == {105}


def test_a_twin_has_no_limit_and_says_so_for_each(sweep: Record) -> None:
    assert sweep["limit"] is None and "outputs.variants" in sweep["limit_reason"]
    for each in variants_of(sweep).values():
        assert each["share_of_limit"] is None and "cache" in each["limit_tokens_per_s_reason"]


def test_the_share_is_that_of_the_precisions_own_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.measure.limits.last_cache_bytes", lambda device: 1)
    monkeypatch.setattr("core.labs.precision.run.read_bandwidth", lambda model, stored: 1e9)
    record = run(precisions=["nf4_bitsandbytes"])
    assert_valid(record)
    for each in variants_of(record).values():
        key_values = 1e9 / each["limit_tokens_per_s"] - each["weights_bytes"]
        assert 0 < key_values < 0.2 * each["weights_bytes"]
        assert each["share_of_limit"] == pytest.approx(each["tokens_per_s"] / each["limit_tokens_per_s"])
    assert sum("above the limit" in note for note in record["notes"]) == sum(
        each["share_of_limit"] > 1 for each in variants_of(record).values()
    )


def test_the_bandwidth_of_every_kind_of_storage_can_be_read(twin_path: str) -> None:
    from core.measure.limits import read_bandwidth

    for name in (*PLAIN, "int8_torchao_compiled"):
        _, model = program.load(twin_path, name, "cpu", lambda stage: None)
        assert read_bandwidth(model, list(program.stored_tensors(model))) > 0


def test_torchao_is_counted_by_what_it_holds_not_by_what_it_claims(twin_path: str) -> None:
    _, model = program.load(twin_path, "int8_torchao_compiled", "cpu", lambda stage: None)
    claimed = sum(each.numel() * each.element_size() for each in model.parameters())
    scales = sum(rows for rows, _ in _linear_shapes())
    stored = program.stored_bytes(model)
    assert claimed == 2 * TWIN
    assert 2 * scales <= stored - (2 * (TWIN - 786_432) + 786_432) < 16 * scales


def test_loading_with_torchao_leaves_the_process_as_it_was(twin_path: str) -> None:
    before = torch.get_float32_matmul_precision()
    program.load(twin_path, "int8_torchao_compiled", "cpu", lambda stage: None)
    assert torch.get_float32_matmul_precision() == before


def test_a_library_that_cannot_be_imported_costs_only_its_own_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    record = run(precisions=["bfloat16", "int8_bitsandbytes", "nf4_bitsandbytes"])
    assert record["state"] == "finished"
    assert_valid(record)
    found = variants_of(record)
    assert [each["is_available"] for each in found.values()] == [True, True, False, False]
    assert "bitsandbytes" in found["nf4_bitsandbytes"]["reason"]
    assert "weights_bytes" not in found["nf4_bitsandbytes"]


def test_a_precision_that_fails_is_kept_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, device: str) -> None:
        raise RuntimeError("no kernel for this device\nand a long trace")

    monkeypatch.setattr(program, "load_4bit", refuse)
    found = variants_of(run(precisions=["nf4_bitsandbytes", "float16"]))
    assert list(found) == ["float32", "float16", "nf4_bitsandbytes"]
    assert found["nf4_bitsandbytes"]["reason"] == "RuntimeError: no kernel for this device"
    assert found["float16"]["is_available"]


def test_without_float32_there_is_nothing_to_compare_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(program, "load", refuse)
    record = run(precisions=["float16"])
    assert record["state"] == "failed" and "disk on fire" in record["error"]["message"]
    assert_valid(record)


def test_the_compiled_model_keeps_its_compilation_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the eager backend, which needs no compiler; what is checked is the lab's own part."""
    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda function: compile_(function, backend="eager"))
    record = run(precisions=["int8_torchao_compiled"])
    assert_valid(record)
    variant = variants_of(record)["int8_torchao_compiled"]
    assert variant["is_available"], variant["reason"]
    assert variant["compile_s"] > 0 and 0 < variant["kl_nats"] < 0.01


def test_a_missing_compiler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_compiler(function: Any) -> Any:
        def forward(*arguments: Any, **named: Any) -> Any:
            raise RuntimeError("No working C++ compiler found")

        return forward

    monkeypatch.setattr(torch, "compile", no_compiler)
    variant = variants_of(run(precisions=["int8_torchao_compiled"]))["int8_torchao_compiled"]
    assert not variant["is_available"] and "C++ compiler" in variant["reason"]


def test_nan_is_reported_and_has_no_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    predict = program.predictions

    def broken(tokenizer: Any, model: Any) -> list[torch.Tensor]:
        found = [each.clone() for each in predict(tokenizer, model)]
        if model.dtype is torch.float16:
            found[0][2, 5] = float("nan")
            found[1][0, 0] = float("inf")
        return found

    monkeypatch.setattr(program, "predictions", broken)
    record = run(precisions=["float16"])
    assert_valid(record)
    variant = variants_of(record)["float16"]
    assert (variant["non_finite_positions"], variant["kl_nats"], variant["same_top_share"]) == (2, None, None)
    assert any("NaN" in note and "float16" in note for note in record["notes"])


def test_distance_of_two_known_distributions() -> None:
    same = [torch.tensor([[0.0, 0.0], [1.0, 0.0]])]
    assert program.distance(same, same) == (0.0, 1.0)
    other = [torch.tensor([[0.0, 0.0], [0.0, 1.0]])]
    kl, top = program.distance(same, other)
    p = torch.tensor([1.0, 0.0]).softmax(0)
    assert kl == pytest.approx(float((p[0] - p[1]) * 1.0) / 2, rel=1e-6) and top == 0.5


def test_dummy_weights_say_that_the_distance_is_of_random_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.runs import loading

    monkeypatch.setattr(loading, "checkpoint", lambda name, source, progress: checkpoint(name, "embedded", progress))
    monkeypatch.setattr("core.runs.planning._no_room", lambda *arguments: (None, None))
    record = run(source="dummy", precisions=[])
    assert any("random weights" in note for note in record["notes"])
    assert record["outputs"]["text"] is None and record["outputs"]["text_reason"]
    assert all("text" not in each for each in record["repeats"])


def test_nothing_stays_loaded_and_memory_is_read_around_each(sweep: Record) -> None:
    assert sweep["memory"]["freed"]["process_rss_bytes"] > 0
    for each in variants_of(sweep).values():
        assert all(reading["process_rss_bytes"] > 0 for reading in each["memory"].values())


def test_a_cancel_keeps_the_precisions_that_were_measured() -> None:
    record = run(Watcher(lambda seen: seen.step >= 10), precisions=["bfloat16", "float16"])
    assert record["state"] == "cancelled"
    assert list(variants_of(record)) == ["float32"]
    assert_valid(record)


@pytest.mark.parametrize("given", [(), ("float16", "float32", "float16"), ("nf4_bitsandbytes", "bfloat16")])
def test_float32_is_always_measured_first_and_each_once(given: tuple[Any, ...]) -> None:
    found = Settings(precisions=given).precisions
    assert found[0] == "float32" and len(set(found)) == len(found) == len({*given, "float32"})


def test_the_default_is_everything_that_exists() -> None:
    assert Settings().precisions == tuple(VARIANTS)


def test_an_unknown_precision_is_refused_with_what_there_is() -> None:
    from core.errors import InvalidSettings

    with pytest.raises(InvalidSettings, match="nf4_bitsandbytes"):
        parse_settings(LABS["precision"], {"precisions": ["int4"]})


def test_a_gguf_file_is_small_and_its_model_is_not(sweep: Record) -> None:
    """What P4 asks: transformers unpacks every number of Qwen3 while it loads the file."""
    record = run(precisions=["gguf_q4_0"])
    assert_valid(record)
    variant = variants_of(record)["gguf_q4_0"]
    assert variant["is_available"], variant["reason"]
    assert variant["weights_bytes"] == variants_of(sweep)["bfloat16"]["weights_bytes"]
    assert variant["kl_nats"] > variants_of(sweep)["int8_bitsandbytes"]["kl_nats"]
    assert any("the file is 0.599 MB. Loaded it takes 2.10 MB" in note for note in record["notes"])


def test_without_the_package_a_gguf_file_is_told_to_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    record = run(precisions=["gguf_q4_0"])
    assert_valid(record)
    variant = variants_of(record)["gguf_q4_0"]
    assert record["state"] == "finished" and not variant["is_available"] and "gguf" in variant["reason"]


@pytest.mark.full_size
def test_at_full_size_the_bytes_are_those_of_the_architecture() -> None:
    record = run(source="dummy", precisions=PLAIN, max_new_tokens=2)
    assert_valid(record)
    found = {name: variant["weights_bytes"] for name, variant in variants_of(record).items()}
    assert found["float32"] // 1000 == 2_384_200 and found["bfloat16"] // 1000 == 1_192_100
    assert 0.75e9 < found["int8_bitsandbytes"] < 0.76e9 and 0.55e9 < found["nf4_bitsandbytes"] < 0.57e9
    assert variants_of(record)["bfloat16"]["embedding_bytes"] == 2 * 155_582_464
