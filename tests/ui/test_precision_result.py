"""What the precision lab's card says of a record, and the bars of its waterfall."""

from collections.abc import Sequence
from typing import Any

import pytest

from ui import charts
from ui.charts import Bar
from ui.labs import precision

MIB = 2**20


def variant(name: str, mib: float, low: float, high: float, **more: Any) -> dict[str, Any]:
    figures = {"weights_bytes": mib * MIB, "embedding_bytes": 300 * MIB, "load_s": 2.0, "compile_s": None}
    rates = {"tokens_per_s": (low + high) / 2, "tokens_per_s_range": [low, high]}
    other = {"kl_nats": 0.01, "same_top_share": 0.9, "share_of_limit": None}
    return {"name": name, "title": name, "is_available": True, **figures, **rates, **other, **more}


FLOAT32 = variant("float32", 2400, 9.0, 10.0, kl_nats=0.0)
INT8 = variant("int8_bitsandbytes", 750, 3.0, 4.0)
FOUR_BIT = variant("nf4_bitsandbytes", 600, 14.0, 16.0)


def test_faster_and_slower_are_said_only_where_the_repeats_do_not_overlap() -> None:
    told = precision._told([FLOAT32, variant("bfloat16", 1200, 9.5, 12.0), INT8, FOUR_BIT])
    assert "bfloat16 was as fast, within the spread" in told
    assert "int8_bitsandbytes needed 2.7 times as long per token" in told
    assert "nf4_bitsandbytes wrote 1.6 times as many tokens per second" in told
    assert "nf4_bitsandbytes takes 25% of the bytes of float32, and 50% of these are the embedding" in told


def test_nothing_is_compared_without_float32_or_with_it_alone() -> None:
    assert precision._told([FLOAT32]) == precision._told([INT8]) == precision._told([]) == ""


def test_one_warm_repeat_says_nothing_of_speed() -> None:
    told = precision._told([variant("float32", 2400, 9.0, 9.0), variant("nf4_bitsandbytes", 600, 14.0, 14.0)])
    assert "too few" in told and "times" not in told and "25%" in told


def test_half_precision_has_no_sentence_on_what_was_not_quantized() -> None:
    assert "embedding" not in precision._told([FLOAT32, variant("float16", 1200, 1.0, 2.0)])


def test_what_cannot_run_here_stands_in_the_table_with_its_reason() -> None:
    missing = {"name": "nf4_bitsandbytes", "title": "4-bit", "is_available": False, "reason": "no *kernel*"}
    assert precision._here(missing) == "**Not available here**: no \\*kernel\\*."
    assert "compute capability 6.0" in precision._runs_on(missing)


def test_the_steps_take_one_of_each_kind() -> None:
    both = [FLOAT32, variant("bfloat16", 1200, 1, 2), variant("float16", 1200, 1, 2), INT8, FOUR_BIT]
    assert [name for name, _ in precision._levels(both)] == ["float32", "bfloat16", INT8["name"], FOUR_BIT["name"]]
    assert [name for name, _ in precision._levels([FLOAT32, FOUR_BIT])] == ["float32", FOUR_BIT["name"]]


def test_zero_distance_is_called_identical() -> None:
    assert precision._distance(FLOAT32) == "identical" and precision._distance(INT8) == "0.010"


def test_a_waterfall_floats_from_one_level_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Sequence[Bar]] = []
    monkeypatch.setattr(charts, "bars", lambda title, rows, *others: drawn.append(rows))
    charts.waterfall("Bytes", [("float32", 2**31), ("half", 2**30), ("int8", 3 * 2**28)], "left", "key")
    assert [(row.start, row.value) for row in drawn[0]] == [(0, 2), (1, 2), (0.75, 1), (0, 0.75)]
    assert [row.text for row in drawn[0]] == ["2.00 GiB", "−1.00 GiB", "−0.250 GiB", "0.750 GiB"]


def test_a_waterfall_needs_two_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    monkeypatch.setattr(charts, "bars", lambda *arguments: drawn.append(arguments))
    charts.waterfall("Bytes", [("float32", 2**31)], "left", "key")
    assert drawn == []


def test_the_memory_of_models_loaded_in_turn_is_not_explained_as_that_of_one() -> None:
    from core.runs.memory_model import measured

    readings = {border: {"process_rss_bytes": size} for border, size in (("baseline", 1), ("peak", 2 * MIB))}
    record = {"device": {"type": "cpu"}, "models": [{"weights_bytes": MIB}], "memory": readings, "outputs": {}}
    assert measured(record)
    assert measured(record | {"outputs": {"variants": [FLOAT32, INT8]}}) == ()
