"""The code that a page shows: the lab's program as it is, and a last cell that calls it with the settings chosen.

Pasted into a notebook, it runs. No torch here.

    >>> print(shown_code(LABS["text_generation"], Settings(device="cpu", dtype="float32")))
"""

from functools import cache
from pathlib import Path

from core.models.catalog import CATALOG
from core.runs.lab import Lab
from core.runs.settings import LabSettings, ModelSettings

NOTES = {
    "hub": "",
    "auto": "",
    "dummy": "# VRAM Lab ran this with random weights of the same size; here the pretrained ones are downloaded.\n",
    "embedded": "# VRAM Lab runs its small twin; this downloads the real model.\n",
}


def shown_code(lab: Lab, settings: LabSettings, paths: dict[str, str] | None = None) -> str:
    """The program's text, then a cell that calls it.

    Args:
        settings: planned ones; where device or dtype is still `auto`, the cell decides it where it runs.
        paths: model id -> where to load from, in place of the Hub's address.
    """
    return f"{program_text(lab)}\n\n{last_cell(lab, settings, paths)}"


def program_text(lab: Lab) -> str:
    """The file that runs, word for word."""
    return _text(lab.program)


@cache
def _text(program: Path) -> str:
    return program.read_text(encoding="utf-8")


def last_cell(lab: Lab, settings: LabSettings, paths: dict[str, str] | None = None) -> str:
    """The calls with these settings; what they print is what the run measures."""
    # Ultralytics fetches its file by its name alone.
    sources = {name: model.file or model.repo for name, model in CATALOG.items()} | (paths or {})
    note = NOTES[settings.source] if isinstance(settings, ModelSettings) and not paths else ""
    return note + lab.cell(settings, sources, bool(paths))
