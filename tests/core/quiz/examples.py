"""Run records, machines and a small bank to test with."""

from pathlib import Path
from typing import Any

from core.config import ROOT
from core.measure.machine import Gpu, Machine
from core.models.catalog import CATALOG
from core.quiz.bank import Bank, Question
from core.quiz.checking import check_text
from core.quiz.evidence import preset
from core.quiz.loading import load_bank

GIB = 2**30
LESSON = load_bank(ROOT / "quiz_bank.yaml")

NO_GPU = Machine("a CPU", 2, 24 * GIB, 100 * GIB, 50 * GIB, (), "no NVIDIA driver", "Linux", "3.11")
WITH_GPU = Machine("a CPU", 2, 24 * GIB, 100 * GIB, 50 * GIB, (Gpu(0, "T4", 15 * GIB, (7, 5), "1"),), None, "L", "3")

MINI = """\
schema: quiz-bank/1
bank: {id: mini, title: Mini, version: "1", language: en, license: CC0-1.0}
questions:
  - id: Q1
    title: Fixed
    headline: Which?
    about: About it.
    prompt: Tick all.
    type: multiple
    topic: things
    difficulty: easy
    lab: {name: runtime}
    choices:
      - {id: one, letter: a, text: First, correct: true, feedback: Yes one., feedback_unchosen: One belongs here.}
      - {id: two, letter: b, text: Second, correct: true}
      - {id: three, letter: c, text: Third, correct: false, feedback: Three is wrong.}
      - {id: four, letter: d, text: Fourth, correct: false}
    explanation: Because.
  - id: Q2
    title: Measured
    headline: How long?
    about: About it.
    prompt: Which?
    type: single
    topic: things
    difficulty: easy
    lab: {name: text_generation, settings: {device: cpu, dtype: float32, repeats: 3}}
    predict: required
    key:
      from: run
      measure: wall_s
      unit: s
      evidence: {device: cpu, dtypes: [float32], parameters: 596049920, min_repeats: 3}
      plausible: [0.1, 7200]
    choices:
      - {id: short, letter: a, text: short, range: [0, 10]}
      - {id: middle, letter: b, text: middle, range: [10, 20]}
      - {id: long, letter: c, text: long, range: [20, .inf]}
    explanation: Because.
"""


def mini(*changes: tuple[str, str]) -> Bank:
    """The small bank with texts replaced; it has to stay a good one."""
    text = MINI
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    bank, problems = check_text(text, "bank.yaml", Path())
    assert bank is not None, problems
    return bank


def run_record(question: Question, values: list[float] | None = None, **changes: Any) -> dict[str, Any]:
    """A run record that qualifies for a measured question: `values` are seconds, or one figure in GiB or times."""
    key = question.key
    assert key is not None
    values = values or [16.6]
    is_time = key.unit == "s"
    model = preset(question)["model"]
    record: dict[str, Any] = {
        "schema": "vram-lab/run/1",
        "id": "run1",
        "created_at": "2026-11-20T14:03:00+00:00",
        "lab": question.lab.name,
        "state": "finished",
        "error": None,
        "settings": preset(question),
        "fresh_process": True,
        "device": {"type": key.evidence.device, "name": "a CPU" if key.evidence.device == "cpu" else "T4", "index": 0},
        "model": {
            "id": model,
            "source": "dummy",
            "dtype": key.evidence.dtypes[0],
            "parameters": CATALOG[model].parameters,
        },
        "repeats": [{"index": i, "wall_s": value} for i, value in enumerate(values)] if is_time else [{"wall_s": 9.0}],
        "memory": {},
    }
    if key.unit == "times":
        record["outputs"] = {"guidance": {"cost": {"ratio": values[0]}}}
    elif not is_time:
        after = {"device_used_bytes": values[0] * GIB + 5e8}
        record["memory"] = {"baseline": {"device_used_bytes": 5e8}, "after_load": after, "after_run": after}
    return record | changes
