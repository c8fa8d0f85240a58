"""How each lab looks: one file per lab, found by the lab's name."""

from functools import cache
from importlib import import_module

from ui.labs.look import Look


@cache
def look_of(lab: str) -> Look:
    """What `ui/labs/<lab>.py` says of its lab."""
    look: Look = import_module(f"ui.labs.{lab}").LOOK
    return look
