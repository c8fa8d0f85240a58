"""Loads the bank, and keeps the last good one while somebody edits the file.

bank, problems = current_bank()    # problems: what is wrong with the file as it stands now
"""

import threading
from pathlib import Path
from typing import NamedTuple

from core.config import config
from core.quiz.bank import Bank
from core.quiz.checking import read_bank
from core.quiz.problems import BankErrors, Problem

Stamp = tuple[int, int] | None


def load_bank(path: Path | str) -> Bank:
    """The bank of a file. Warnings are passed over.

    Raises:
        BankErrors: with every error, each as `FILE:LINE:COL where: message`.
    """
    bank, problems = read_bank(Path(path))
    if bank is None:
        raise BankErrors([problem for problem in problems if problem.is_error])
    return bank


class _Held(NamedTuple):
    """What is known of one file, and when it was written."""

    stamp: Stamp
    bank: Bank | None
    errors: tuple[Problem, ...]


_held: dict[Path, _Held] = {}
_reading = threading.Lock()
"""Keeps two pages from reading a file at once; who only looks whether it has changed does not wait here."""


def current_bank(path: Path | None = None) -> tuple[Bank, tuple[Problem, ...]]:
    """The newest bank without errors, and the errors of the file as it is now.

    The file is read again when its size or time of change differs. Safe to call from many threads.

    Args:
        path: default is the configured bank.

    Raises:
        BankErrors: there never was a good bank.
    """
    path = path or config().bank
    held = _held.get(path)
    if held is None or held.stamp != _stamp(path):
        held = _read_anew(path)
    if held.bank is None:
        raise BankErrors(held.errors)
    return held.bank, held.errors


def _read_anew(path: Path) -> _Held:
    with _reading:
        held, stamp = _held.get(path), _stamp(path)
        if held is None or held.stamp != stamp:  # else another page has read it meanwhile
            bank, problems = read_bank(path)
            kept = bank or (held.bank if held else None)
            held = _held[path] = _Held(stamp, kept, tuple(problem for problem in problems if problem.is_error))
        return held


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
