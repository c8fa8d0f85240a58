"""From a plain dict to a lab's settings, with errors that name the setting, the value and what is allowed.

>>> parse_settings(LABS["text_generation"], {"max_new_tokens": 5000})
InvalidSettings: max_new_tokens = 5000 is not possible: it takes a whole number from 1 to 1,000.
"""

import json
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.errors import InvalidSettings
from core.runs.lab import Lab
from core.runs.settings import UNFINISHED, LabSettings
from core.units import count

LONGEST_ECHO = 60
"""Characters of a value that an error repeats."""
KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "null": "null",
}


def parse_settings(lab: Lab, values: dict[str, Any], called: Callable[[str], str] = str) -> LabSettings:
    """The lab's settings from `values`; what is not named takes the lesson's value.

    Args:
        called: what an error calls a setting; by itself, its name.

    Raises:
        InvalidSettings: the first setting that is unknown or out of range, with its value and what it takes.
    """
    try:
        return lab.settings.model_validate(values)
    except ValidationError as error:
        raise _explain(lab, error.errors()[0], called) from error


def parse_value(lab: Lab, name: str, text: str) -> Any:
    """A value from the command line: text where the setting is text, else JSON, else the text itself."""
    field = _schema(lab).get(name, {})
    if field.get("type") == "string":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # Beside what is no JSON: a number of thousands of digits, lists nested thousands deep.
        return text


def allowed(lab: Lab, name: str) -> str:
    """What a setting takes, in words: "a whole number from 1 to 1,000"."""
    field = _schema(lab)[name]
    kinds = field.get("anyOf", [field])
    return " or ".join(_kind(kind) for kind in kinds)


def _explain(lab: Lab, error: ErrorDetails, called: Callable[[str], str]) -> InvalidSettings:
    name = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == UNFINISHED:
        return InvalidSettings(error["msg"], error["ctx"]["remedy"])
    if not name:
        return InvalidSettings(f"These settings do not go together: {_plain(error['msg'])}.", "Change one of them.")
    if name not in _schema(lab):
        known = ", ".join(_schema(lab)) or "none"
        return InvalidSettings(f"The lab {lab.name} has no setting {_echo(name)}.", f"Its settings are: {known}.")
    why = _plain(error["msg"]) if error["type"] == "value_error" else f"it takes {allowed(lab, name)}"
    return InvalidSettings(f"{called(name)} = {_echo(error['input'])} is not possible: {why}.", "Change it.")


def _echo(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_ECHO else text[: LONGEST_ECHO - 1] + "…"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")


def _schema(lab: Lab) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = lab.settings.model_json_schema()["properties"]
    return properties


def _kind(field: dict[str, Any]) -> str:
    if "const" in field:
        return repr(field["const"])
    if "enum" in field:
        return " or ".join(repr(choice) for choice in field["enum"])
    if field.get("type") == "string":
        return _text(field)
    if field.get("type") == "array":
        return _list(field)
    words = KINDS[field["type"]] + _range(field)
    if "multipleOf" in field:
        words += f", a multiple of {field['multipleOf']}"
    return words


def _list(field: dict[str, Any]) -> str:
    if names := field["items"].get("enum"):
        return f"a list of at most {field['maxItems']} of {', '.join(names)}"
    numbers = "whole numbers" if field["items"].get("type") == "integer" else "numbers"
    return f"a list of at most {field['maxItems']} {numbers}{_range(field['items'])}"


def _text(field: dict[str, Any]) -> str:
    if "pattern" in field:
        return f"text like {field['pattern']}"
    if "maxLength" in field:
        return f"text of {count(field.get('minLength', 0))} to {count(field['maxLength'])} characters"
    return "text"


def _range(field: dict[str, Any]) -> str:
    if "minimum" in field and "maximum" in field:
        return f" from {field['minimum']:,} to {field['maximum']:,}"
    return ""
