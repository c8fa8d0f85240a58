"""Settings that are chosen among what the student has: a picture of their own, an earlier run."""

from typing import Any

from core.runs.lab import Lab
from core.runs.settings import LabSettings
from ui.picture_choice import picture_choice
from ui.run_choice import run_choice


def own_choices(lab: Lab, preset: LabSettings, person: str, prefix: str, disabled: bool) -> dict[str, Any]:
    """The values of those that the lab has."""
    fields, values = type(preset).model_fields, {}
    if "picture" in fields:
        start = str(preset.model_dump()["picture"])
        values["picture"] = picture_choice(person, prefix, start, disabled)
    if "go_on_from" in fields:
        values["go_on_from"] = run_choice(person, prefix, lab.name, disabled)
    return values
