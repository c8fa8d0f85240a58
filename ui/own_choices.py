"""Settings that are chosen among what the student has: a picture of their own, an earlier run."""

from typing import Any

from core.runs.settings import Fallback
from ui.picture_settings import picture_settings
from ui.run_choice import run_choice
from ui.settings_form import Form


def own_choices(
    form: Form, person: str, values: dict[str, Any], fallback: Fallback | None, disabled: bool
) -> dict[str, Any]:
    """The values of those that the lab has.

    Args:
        values: the other settings as they stand in the form.
    """
    fields, found = type(form.preset).model_fields, {}
    if "picture" in fields:
        found |= picture_settings(form, person, values, fallback, disabled)
    if "go_on_from" in fields:
        found["go_on_from"] = run_choice(person, form.prefix, form.lab.name, disabled)
    return found
