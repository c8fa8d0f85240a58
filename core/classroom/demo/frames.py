"""What surrounds the figures of a made-up run record: settings, device, models, environment."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from core.classroom.demo.machines import DemoMachine
from core.models.catalog import CATALOG, DTYPE_BYTES, Component
from core.models.dummy import LABEL
from core.models.embedded import label
from core.quiz.bank import Question
from core.quiz.evidence import preset
from core.runs.registry import LABS

Record = dict[str, Any]
NOTE = "Demo data: nobody measured this."
REASON = "demo data: nothing was measured"


def frame(question: Question, device: str, machine: DemoMachine, at: float) -> Record:
    """A record of a question's lab with everything but what was measured.

    Args:
        at: when it began, in seconds since 1970.
    """
    settings = _settings(question, device, machine)
    is_gpu = device == "cuda"
    models = [_model(name, settings) for name in (settings.get("detector"), settings["model"]) if name]
    missing = ("gpu_before", "gpu_during", "gpu_after", "foreign_cores", "page_cache_share")
    return {
        "schema": "vram-lab/run/1",
        "id": uuid4().hex,
        "job_id": None,
        "created_at": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
        "lab": question.lab.name,
        "state": "finished",
        "error": None,
        "settings": settings,
        "device": {
            "type": device,
            "name": machine.gpu_name if is_gpu else machine.cpu_name,
            "index": 0 if is_gpu else None,
        },
        "fresh_process": True,
        "model": models[-1],
        "models": models,
        "stages": [],
        "repeats": [],
        "memory": {},
        "limit": None,
        "limit_reason": REASON,
        "profile": None,
        "profile_reason": REASON,
        "conditions": dict.fromkeys(missing) | {f"{name}_reason": REASON for name in missing},
        "notes": [NOTE],
        "environment": _environment(machine),
        "outputs": {},
    }


def _environment(machine: DemoMachine) -> Record:
    known = machine.as_machine
    return {
        "app": "demo",
        "python": known.python,
        "os": known.os,
        "machine": known.label,
        "cpu": known.cpu_name,
        "cpu_cores": known.cpu_cores,
        "ram_bytes": known.ram_bytes,
        "gpus": [gpu.name for gpu in known.gpus],
        "gpu_reason": known.gpu_reason,
        "driver": None,
        "versions": {},
        "torch_threads": None,
        "torch_threads_reason": REASON,
        "cuda": None,
    }


def _settings(question: Question, device: str, machine: DemoMachine) -> Record:
    """The question's own settings, as they would be planned without the Hub."""
    lab = LABS[question.lab.name]
    source = "dummy" if device == "cuda" else question.lab.fallback or lab.fallback
    dtype = "float32"
    if device == "cuda":
        is_new = machine.gpu is not None and machine.gpu.compute_capability >= (8, 0)
        dtype = "bfloat16" if is_new and lab.name == "text_generation" else "float16"
    asked = preset(question) | {"device": device, "source": source, "dtype": dtype}
    concrete = lab.settings(**asked)
    settled: Record = getattr(concrete, "settled", lambda: concrete)().model_dump(mode="json")
    return settled


def _model(name: str, settings: Record) -> Record:
    model, is_twin = CATALOG[name], settings["source"] == "embedded"
    networks: tuple[Component, ...] = model.twin if is_twin else model.components
    width = DTYPE_BYTES[settings["dtype"]]
    parts = [
        {"name": part.name, "title": part.title, "parameters": part.parameters, "bytes": part.parameters * width}
        for part in networks
    ]
    parameters = sum(part.parameters for part in networks)
    return {
        "id": name,
        "title": model.title,
        "source": settings["source"],
        "repo": None,
        "revision": None,
        "label": label(model) if is_twin else LABEL,
        "dtype": settings["dtype"],
        "parameters": parameters,
        "weights_bytes": parameters * width,
        "file_bytes": 2 * parameters if is_twin else model.stored_bytes,
        "components": parts,
        "reused": False,
    }
