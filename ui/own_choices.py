"""Settings that are chosen among what the student has: a picture of their own, an earlier run."""

from typing import Any

from core.runs.settings import Fallback
from ui.labs import look_of
from ui.picture_settings import picture_settings
from ui.run_choice import run_choice
from ui.settings_form import Form


def own_choices(
    form: Form, person: str, values: dict[str, Any], fallback: Fallback | None, disabled: bool
) -> dict[str, Any] | None:
    """The values of those that the lab has; None where some are missing, which the page then says.

    Args:
        values: the other settings as they stand in the form.
    """
    fields = type(form.preset).model_fields
    found: dict[str, Any] | None = {}
    if own := look_of(form.lab.name).own_pictures:
        found = own(person, form.prefix, form.preset.model_dump(), disabled)
    elif "picture" in fields:
        found = picture_settings(form, person, values, fallback, disabled)
    if "go_on_from" in fields and found is not None:
        found["go_on_from"] = run_choice(person, form.prefix, form.lab.name, disabled)
    return found
