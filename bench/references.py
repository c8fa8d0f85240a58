"""The reference values of the measured questions, as this machine measures them: one fresh process per question.

Every question of the bank whose device is here is run with its own settings and random weights of the full size,
through the command line, and its value taken from the record as marking takes it. The result names the machine, and is
what belongs into `reference:` of `quiz_bank.yaml`.
"""

import json
import subprocess
import sys
from typing import Any

from core.config import config
from core.measure.machine import Machine, this_machine
from core.quiz.bank import Question
from core.quiz.evidence import REDUCE, options_for, preset, reasons_against, values_of
from core.quiz.loading import load_bank


def main(pairs: int, device: str) -> dict[str, object]:
    """Measure every measured question that this machine can run; for `cuda` those that ask for it."""
    asked = [question for question in load_bank(config().bank).questions if question.key]
    is_gpu = device.startswith("cuda")
    questions = [each for each in asked if not is_gpu or (each.key and each.key.evidence.device == "cuda")]
    return {
        "what": "values of the measured questions, full size with random weights, one fresh process each",
        "questions": {question.id: _measure(question, this_machine()) for question in questions},
    }


def _measure(question: Question, machine: Machine) -> dict[str, Any]:
    key = question.key
    assert key is not None
    expected = {"title": question.title, "plausible": list(key.plausible)}
    if key.evidence.device == "cuda" and not machine.gpus:
        return {"value": None, "reason": f"needs a GPU: {machine.gpu_reason}", **expected}
    try:
        record = _run(question)
    except (RuntimeError, ValueError) as failure:
        return {"value": None, "reason": str(failure), **expected}
    reasons = reasons_against(question, record)
    if reasons:
        return {"value": None, "reason": " ".join(reasons), **expected}
    values = values_of(question, record)
    return {
        "value": REDUCE[key.reduce](values),
        "unit": key.unit,
        "values": values,
        "measure": key.measure,
        "machine": record["device"]["name"],
        "dtype": record["model"]["dtype"],
        "versions": record["environment"].get("versions"),
        "options": list(options_for(question, REDUCE[key.reduce](values))[0]),
        **expected,
    }


def table(result: dict[str, Any]) -> str:
    """The result at a glance: question, measured, plausible range, verdict."""
    rows = [("question", "measured", "plausible", "verdict")]
    rows += [_row(name, found) for name, found in result["questions"].items()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*map(str.ljust, row[:3], widths), row[3]]).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def are_plausible(result: dict[str, Any]) -> bool:
    """Whether every question was measured, with a value that can be."""
    return all(_is_plausible(found) for found in result["questions"].values())


def _is_plausible(found: dict[str, Any]) -> bool:
    low, high = found["plausible"]
    return found["value"] is not None and low <= found["value"] <= high


def _row(name: str, found: dict[str, Any]) -> tuple[str, str, str, str]:
    low, high = found["plausible"]
    question, span = f"{name} {found['title']}", f"{low:g} to {high:g}"
    if found["value"] is None:
        return question, "-", span, f"NOT MEASURED: {found['reason']}"
    verdict = f"ok, makes right: {', '.join(found['options'])}" if _is_plausible(found) else "IMPLAUSIBLE"
    return question, f"{found['value']:.4g} {found['unit']}", span, verdict


def _run(question: Question) -> dict[str, Any]:
    settings = {**preset(question), "source": "dummy"}
    values = [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in settings.items()]
    command = [sys.executable, "-m", "core", "run", question.lab.name, "--json"]
    done = subprocess.run(
        [*command, *(part for value in values for part in ("--set", value))], stdout=subprocess.PIPE, text=True
    )
    if not done.stdout:
        raise RuntimeError(f"{question.id} printed no record; the command ended with {done.returncode}")
    return dict(json.loads(done.stdout))
