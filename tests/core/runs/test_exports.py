import csv
import io
import json
from typing import Any

from core.runs.exports import notebook, repeats_csv
from core.runs.registry import LABS

RECORD: dict[str, Any] = {
    "id": "a" * 32,
    "created_at": "2026-11-21T15:00:00.000+00:00",
    "lab": "text_generation",
    "device": {"type": "cpu", "name": "=cmd"},
    "model": {"title": "Qwen3-0.6B", "source": "dummy", "dtype": "float32"},
    "settings": {"prompt": "Once", "max_new_tokens": 7, "device": "cpu", "dtype": "float32", "source": "dummy"},
    "environment": {"machine": "a CPU, 2 cores"},
    "repeats": [
        {"index": 0, "is_first": True, "wall_s": 2.0, "token_s": [0.1], "tokens_per_s": 3.5},
        {"index": 1, "is_first": False, "wall_s": 1.5, "token_s": [0.1], "settings": {"seed": 4}},
    ],
}


def test_every_repeat_is_a_line_with_its_single_figures() -> None:
    rows = list(csv.DictReader(io.StringIO(repeats_csv(RECORD))))
    assert [(row["repeat"], row["cold"], row["wall_s"], row["seed"]) for row in rows] == [
        ("1", "True", "2.0", ""),
        ("2", "False", "1.5", "4"),
    ]
    assert "token_s" not in rows[0] and rows[0]["tokens_per_s"] == "3.5"


def test_no_cell_is_a_formula() -> None:
    assert next(csv.DictReader(io.StringIO(repeats_csv(RECORD))))["device"] == "'=cmd"


def test_a_run_without_repeats_has_a_heading_only() -> None:
    assert len(repeats_csv(RECORD | {"repeats": []}).splitlines()) == 1


def test_the_notebook_repeats_the_run_with_its_settings() -> None:
    cells = json.loads(notebook(LABS["text_generation"], RECORD))["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code"] and "a CPU, 2 cores" in cells[0]["source"]
    assert "max_new_tokens=7" in cells[1]["source"]
    compile(cells[1]["source"], "cell", "exec")


def test_settings_of_another_version_are_said_to_be_unknown() -> None:
    record = RECORD | {"settings": {"tokens": 3}}
    assert "no longer known" in json.loads(notebook(LABS["text_generation"], record))["cells"][1]["source"]
