"""What the benchmarks write and print."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import references
from core.measure.machine import this_machine
from tests.simulated_gpu import T4, Driver


def test_nothing_measured_on_a_simulated_card_is_written(
    simulate: Callable[..., Driver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    monkeypatch.setitem(bench.BENCHMARKS, "references", lambda **_: {"questions": {}})
    monkeypatch.setattr(sys, "argv", ["bench", "references"])
    simulate(T4)
    with pytest.raises(SystemExit, match="is simulated"):
        bench.run()
    assert list(tmp_path.iterdir()) == []


def test_the_table_says_what_was_measured_and_what_was_not() -> None:
    measured = {"value": 1.234567, "unit": "s", "options": ["under_10_s"], "title": "Generate", "plausible": [0.01, 60]}
    missing = {"value": None, "reason": "needs a GPU: none", "title": "Load", "plausible": [2, 4]}
    found = references.table({"questions": {"Q5": measured, "Q6": missing, "Q7": measured | {"value": 99.0}}})
    lines = found.splitlines()
    assert lines[0].split() == ["question", "measured", "plausible", "verdict"]
    assert lines[2].split("  ")[0] == "Q5 Generate" and "1.235 s" in lines[2] and lines[2].endswith("under_10_s")
    assert "NOT MEASURED: needs a GPU" in lines[3] and lines[4].endswith("IMPLAUSIBLE")


def test_a_machine_without_a_gpu_says_so_for_each_question_that_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = references.main(pairs=1, device="cuda")["questions"]
    assert isinstance(found, dict) and set(found) >= {"Q5", "Q6", "Q7"}
    assert all("needs a GPU" in entry["reason"] for entry in found.values())


def test_without_a_gpu_nothing_is_measured_or_written_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["bench", "references", "--device", "cuda"])
    this_machine.cache_clear()
    with pytest.raises(SystemExit, match="hides every GPU"):
        bench.run()
    this_machine.cache_clear()
    assert list(tmp_path.iterdir()) == []
