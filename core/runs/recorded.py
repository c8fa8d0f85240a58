"""Runs that were made on named machines and are shipped, to look at until there is one of one's own.

`recorded_runs/` holds what `python -m core run LAB --json` printed there. They are in no database, so they answer
nothing.
"""

import json
from functools import cache

from core.config import ROOT
from core.runs.records import Record
from core.runs.settings import LabSettings

FOLDER = ROOT / "recorded_runs"
SAME = ("model", "sweep", "second_sweep")
"""Settings that a recorded run has to share; without them it would be about something else."""


def recorded_run(lab: str, settings: LabSettings) -> Record | None:
    """A run with the model and sweeps and on the kind of device that these settings ask for; None where none is kept.

    Where the settings leave the device to the machine, any will do.
    """
    kind, wanted = settings.device.partition(":")[0], settings.model_dump(mode="json")
    for record in _all():
        is_same = all(record["settings"].get(name) == wanted.get(name) for name in SAME)
        if record["lab"] == lab and is_same and kind in ("auto", record["device"]["type"]):
            return record
    return None


def recorded_of(lab: str, model: str) -> Record | None:
    """A run of this lab and model without a sweep, on whatever machine; None where none is kept."""
    return next(
        (
            record
            for record in _all()
            if (record["lab"], record["settings"].get("model")) == (lab, model) and not record["settings"].get("sweep")
        ),
        None,
    )


@cache
def _all() -> tuple[Record, ...]:
    return tuple(json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")))
