"""Checks a run record against the schema that the project ships."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

import core.measure

SCHEMA = json.loads((Path(core.measure.__file__).parent / "run.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def assert_valid(record: dict[str, Any]) -> None:
    """Fail with every violation; the record has to survive JSON too."""
    document = json.loads(json.dumps(record, allow_nan=False))
    found = [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in VALIDATOR.iter_errors(document)]
    assert not found, "\n".join(found)
