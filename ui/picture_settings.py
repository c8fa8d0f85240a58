"""What a run takes in: the picture, and where the lab asks for it the region that is painted on it."""

from typing import Any

from core.errors import LabError
from core.measure.machine import this_machine
from core.runs.parsing import parse_settings
from core.runs.planning import plan
from core.runs.settings import Fallback, settled_picture
from ui.painting import painting
from ui.picture_choice import picture_choice
from ui.settings_form import Form

PAINTED = "painted"
"""The `region` of a lab that takes one painted by hand, and the setting that holds it."""


def picture_settings(
    form: Form, person: str, values: dict[str, Any], fallback: Fallback | None, disabled: bool
) -> dict[str, Any]:
    """The `picture` setting, and `painted` where the region is painted by hand.

    Args:
        values: the other settings as they stand in the form.
    """
    start = form.preset.model_dump()
    taken = {"picture": picture_choice(person, form.prefix, str(start["picture"]), disabled)}
    given = start | values | taken
    if given.get("region") != PAINTED:
        return taken
    return taken | {PAINTED: painting(person, form.prefix, _by_its_own_word(form, given, fallback), disabled)}


def _by_its_own_word(form: Form, given: dict[str, Any], fallback: Fallback | None) -> str:
    """The picture that the run will take, also before anything is painted on it."""
    first = type(form.preset).model_fields["region"].default
    try:
        settings = parse_settings(form.lab, given | {"region": first})
        found = plan(form.lab, settings, this_machine(), fallback).settings.model_dump()["picture"]
    except LabError:
        found = settled_picture(given["picture"], given["source"])
    return str(found)
