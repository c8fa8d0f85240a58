"""What the benchmarks write and print."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench import bare, labs, references
from core.measure.machine import this_machine
from tests.simulated_gpu import A100, T4, Driver

MEASURED = {"value": 1.25, "unit": "s", "options": ["under_10_s"], "title": "Generate", "plausible": [0.01, 60]}
MISSING = {"value": None, "reason": "needs a GPU: none", "title": "Load", "plausible": [2, 4]}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that results go to, empty."""
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results")
    (tmp_path / "results").mkdir()
    this_machine.cache_clear()
    yield tmp_path / "results"
    this_machine.cache_clear()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    return bench.run()


def test_on_a_simulated_card_the_table_is_printed_and_nothing_is_written(
    simulate: Callable[..., Driver], results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(bench.BENCHMARKS, "references", lambda **_: {"questions": {"Q5": MEASURED}})
    simulate(T4)
    assert run(monkeypatch, "references", "--device", "cuda") == 1
    said = capsys.readouterr().out
    assert "(simulated): nothing is written" in said and "Q5 Generate" in said
    with pytest.raises(SystemExit, match="a simulation has no speed"):
        run(monkeypatch, "text_generation", "--device", "cuda")
    assert list(results.iterdir()) == []


def test_a_result_that_names_a_simulated_card_is_not_written_whatever_this_machine_is(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = {"Q5": MEASURED | {"machine": T4.full_name}}
    monkeypatch.setitem(bench.BENCHMARKS, "references", lambda **_: {"questions": question})
    run(monkeypatch, "references")
    assert list(results.iterdir()) == []


def test_a_benchmark_that_fails_is_told_and_the_others_go_on(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(**_: object) -> dict[str, object]:
        raise RuntimeError("the lab's run ended as failed")

    monkeypatch.setitem(bench.BENCHMARKS, "inpainting", fails)
    monkeypatch.setitem(bench.BENCHMARKS, "observing", lambda **_: {"what": "found"})
    assert run(monkeypatch, "inpainting", "observing") == 1
    assert "inpainting failed" in capsys.readouterr().err
    assert [path.name for path in results.iterdir()] == ["observing_cpu.json"]


@pytest.mark.parametrize(
    ("found", "is_good"), [(MEASURED, True), (MISSING, False), (MEASURED | {"value": 99.0}, False)]
)
def test_a_table_with_a_hole_or_an_impossible_value_is_no_success(found: dict[str, Any], is_good: bool) -> None:
    assert references.are_plausible({"questions": {"Q5": MEASURED, "Q6": found}}) is is_good


def test_a_question_whose_run_leaves_no_record_is_a_row_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(question: Any) -> dict[str, Any]:
        raise RuntimeError(f"{question.id} printed no record; the command ended with -9")

    monkeypatch.setattr(references, "_run", broken)
    found = references.main(pairs=1, device="cpu")["questions"]
    assert isinstance(found, dict) and "ended with -9" in found["Q4"]["reason"]


def test_the_bare_program_waits_for_the_device_that_it_computes_on(simulate: Callable[..., Driver]) -> None:
    driver = simulate(T4, A100)
    bare._synchronize("cuda:1")
    assert [device.has_context for device in driver.devices] == [False, True]


def test_of_two_cards_the_lab_is_compared_on_the_one_of_the_bare_program(simulate: Callable[..., Driver]) -> None:
    simulate(T4, A100)
    lab = labs._Lab("text_generation", "cuda")
    assert (lab.settings["device"], lab.settings["dtype"]) == ("cuda:0", "float16")


def test_the_table_says_what_was_measured_and_what_was_not() -> None:
    exact = MEASURED | {"value": 1.234567}
    found = references.table({"questions": {"Q5": exact, "Q6": MISSING, "Q7": MEASURED | {"value": 99.0}}})
    lines = found.splitlines()
    assert lines[0].split() == ["question", "measured", "plausible", "verdict"]
    assert lines[2].split("  ")[0] == "Q5 Generate" and "1.235 s" in lines[2] and lines[2].endswith("under_10_s")
    assert "NOT MEASURED: needs a GPU" in lines[3] and lines[4].endswith("IMPLAUSIBLE")


def test_a_machine_without_a_gpu_says_so_for_each_question_that_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = references.main(pairs=1, device="cuda")["questions"]
    assert isinstance(found, dict) and set(found) >= {"Q5", "Q6", "Q7"}
    assert all("needs a GPU" in entry["reason"] for entry in found.values())


def test_without_a_gpu_nothing_is_measured_or_written_for_one(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(SystemExit, match="hides every GPU"):
        run(monkeypatch, "references", "--device", "cuda")
    assert list(results.iterdir()) == []
