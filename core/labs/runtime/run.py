"""Reads what this machine is: program.py's facts, and what the driver says beside them."""

from typing import Any

from core.config import config
from core.labs.runtime import program
from core.labs.runtime.settings import Settings
from core.measure.machine import Machine, read_machine
from core.measure.progress import Progress
from core.measure.recorder import Recorder
from core.models.resident import Resident

CPU_BUILD = "this PyTorch was built without CUDA"


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Fill `outputs.facts`; sizes in bytes."""
    recorder.read("baseline")
    with recorder.stage("Asking the driver"):
        machine = read_machine()
    disk = next(folder for folder in (config().cache_dir, *config().cache_dir.parents) if folder.exists())
    facts = program.facts(str(disk), recorder.begin_stage)
    recorder.end_stage()
    recorder.read("after_run")
    recorder.record["outputs"] = {"facts": facts | _beside(machine, facts)}
    for border in ("context", "load_peak", "after_load", "peak", "freed"):
        recorder.leave_out(border, "this lab loads no model")


def _beside(machine: Machine, facts: dict[str, Any]) -> dict[str, Any]:
    """What torch does not know: the processor's name, the driver, and why there is no GPU."""
    reason = machine.gpu_reason or (None if facts["cuda_available"] else CPU_BUILD)
    drivers = sorted({gpu.driver for gpu in machine.gpus})
    return {
        "cpu_name": machine.cpu_name,
        "cpu_cores": machine.cpu_cores,
        "ram_bytes": machine.ram_bytes,
        "driver": ", ".join(drivers) or None,
        "gpu_reason": reason,
        "machine": machine.label,
    }
