"""Loads the bank, and keeps the last good one while somebody edits the file.

bank, problems = current_bank()    # problems: what is wrong with the file as it stands now
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass
class _Held:
    """What is known of one file. The lock also keeps two pages from reading it at once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    is_read: bool = False
    stamp: Stamp = None
    bank: Bank | None = None
    errors: tuple[Problem, ...] = ()


_held: dict[Path, _Held] = {}
_held_lock = threading.Lock()


def current_bank(path: Path | None = None) -> tuple[Bank, tuple[Problem, ...]]:
    """The newest bank without errors, and the errors of the file as it is now.

    The file is read again when its size or time of change differs. Safe to call from many threads.

    Args:
        path: default is the configured bank.

    Raises:
        BankErrors: there never was a good bank.
    """
    path = path or config().bank
    with _held_lock:
        held = _held.setdefault(path, _Held())
    with held.lock:
        stamp = _stamp(path)
        if not held.is_read or stamp != held.stamp:
            bank, problems = read_bank(path)
            held.is_read, held.stamp, held.bank = True, stamp, bank or held.bank
            held.errors = tuple(problem for problem in problems if problem.is_error)
        if held.bank is None:
            raise BankErrors(held.errors)
        return held.bank, held.errors


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
