"""One run in other shapes: its repeats as CSV, and a notebook whose cell repeats it.

>>> notebook(LABS["text_generation"], record)      # the text of an .ipynb file
"""

import csv
import io
import json
from typing import Any

from core.cells import neutral
from core.errors import LabError
from core.runs.lab import Lab
from core.runs.parsing import parse_settings
from core.runs.records import Record
from core.runs.source_code import shown_code

NOT_SHOWN = ("index", "is_first")
NOTEBOOK_FORMAT = {"nbformat": 4, "nbformat_minor": 5}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def repeats_csv(record: Record) -> str:
    """One line per repeat: what identifies the run, then every single figure. Lists stay in the JSON export."""
    model = record.get("model") or {}
    about = {
        "run": record["id"],
        "created_at": record["created_at"],
        "lab": record["lab"],
        "device": record["device"].get("name"),
        "model": model.get("title"),
        "weights": model.get("source"),
        "dtype": model.get("dtype"),
    }
    rows = [about | _figures(repeat) for repeat in record.get("repeats") or []]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(dict.fromkeys(name for row in rows or [about] for name in row)))
    writer.writeheader()
    writer.writerows({name: neutral(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def notebook(lab: Lab, record: Record) -> str:
    """A notebook with the program and a call with this run's settings, as the page shows it."""
    try:
        code = shown_code(lab, parse_settings(lab, record["settings"]))
    except LabError as error:
        code = f"# This run's settings are no longer known: {error.message}\n"
    machine = (record.get("environment") or {}).get("machine") or record["device"].get("name")
    told = f"# {lab.title}\n\nRepeats run `{record['id']}` of VRAM Lab, measured on {machine}, {record['created_at']}."
    cells = [
        {"cell_type": "markdown", "id": "about", "metadata": {}, "source": told},
        {"cell_type": "code", "id": "run", "metadata": {}, "source": code, "outputs": [], "execution_count": None},
    ]
    return json.dumps({"cells": cells, "metadata": KERNEL, **NOTEBOOK_FORMAT}, indent=1)


def _figures(repeat: dict[str, Any]) -> dict[str, Any]:
    swept = repeat.get("settings") or {}
    single = {name: value for name, value in repeat.items() if not isinstance(value, list | dict)}
    return {"repeat": repeat["index"] + 1, "cold": repeat["is_first"], **swept} | {
        name: value for name, value in single.items() if name not in NOT_SHOWN
    }
