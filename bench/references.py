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
from core.quiz.evidence import REDUCE, preset, reasons_against, values_of
from core.quiz.loading import load_bank


def main(pairs: int, device: str) -> dict[str, object]:
    """Measure every measured question that this machine can run."""
    questions = [question for question in load_bank(config().bank).questions if question.key]
    return {
        "what": "values of the measured questions, full size with random weights, one fresh process each",
        "questions": {question.id: _measure(question, this_machine()) for question in questions},
    }


def _measure(question: Question, machine: Machine) -> dict[str, Any]:
    key = question.key
    assert key is not None
    if key.evidence.device == "cuda" and not machine.gpus:
        return {"value": None, "reason": f"needs a GPU: {machine.gpu_reason}"}
    record = _run(question)
    reasons = reasons_against(question, record)
    if reasons:
        return {"value": None, "reason": " ".join(reasons)}
    values = values_of(question, record)
    return {
        "value": REDUCE[key.reduce](values),
        "unit": key.unit,
        "values": values,
        "measure": key.measure,
        "machine": record["device"]["name"],
        "dtype": record["model"]["dtype"],
        "versions": record["environment"].get("versions"),
    }


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
