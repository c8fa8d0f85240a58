"""Every lab, found: each folder of `core/labs` declares itself as `LAB`. No torch here."""

import importlib
import pkgutil

import core.labs
from core.runs.lab import Lab


def _found() -> dict[str, Lab]:
    names = [module.name for module in pkgutil.iter_modules(core.labs.__path__) if module.ispkg]
    labs: list[Lab] = [importlib.import_module(f"core.labs.{name}").LAB for name in names]
    return {lab.name: lab for lab in sorted(labs, key=lambda lab: lab.place)}


LABS: dict[str, Lab] = _found()
