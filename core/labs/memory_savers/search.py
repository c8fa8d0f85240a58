"""Has search_process.py find the largest picture that fits into a limit: what a full memory does to a process, down to
its sudden end, is a result here and harms no other run.
"""

import json
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from core.config import ROOT
from core.errors import LabError

SEARCH = "core.labs.memory_savers.search_process"
LOOK_S = 0.25
REMEDY = "Run it again; if it stays, report it with this message."
ENDED = "the process ended at it without a word, as it does where the system has no memory left"

Entry = dict[str, Any]


class SearchFailed(LabError):
    """Something else than the memory ended the search."""

    kind = "search_failed"


def largest(asked: Entry, tell: Callable[[str], None], check: Callable[[], None]) -> Entry:
    """The largest side that was drawn, and the first that was refused, with the reason.

    Args:
        asked: what search_process.py takes.
        tell: is told what is tried.
        check: called several times a second; what it raises ends the search.

    Raises:
        SearchFailed: it ended for another reason than too little memory.
    """
    sides, drawn = asked["sides"], 0
    command = [sys.executable, "-m", SEARCH, json.dumps(asked)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        tell(_trying(sides[0]))
        for line in _lines(process, check):
            told = json.loads(line)
            if "failed" in told:
                raise SearchFailed(told["failed"], REMEDY)
            if "refused" in told:
                return _found(sides, drawn) | {"refused_reason": told["refused"]}
            drawn += 1
            if drawn < len(sides):
                tell(_trying(sides[drawn]))
        if (code := process.wait()) > 0:
            raise SearchFailed(f"The process ended with code {code}.", REMEDY)
        return _found(sides, drawn) | ({"refused_reason": ENDED} if code else {})
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def _found(sides: Sequence[int], drawn: int) -> Entry:
    """The last side of those that were drawn, and the first that was not; None where there is none."""
    largest_side = sides[drawn - 1] if drawn else None
    return {"largest_side": largest_side, "refused_side": sides[drawn] if drawn < len(sides) else None}


def _trying(side: int) -> str:
    return f"Trying {side} × {side} pixels"


def _lines(process: "subprocess.Popen[str]", check: Callable[[], None]) -> Iterator[str]:
    """What the process writes, line by line, with a look at `check` in between."""
    assert process.stdout
    while True:
        check()
        ready, _, _ = select.select([process.stdout], [], [], LOOK_S)
        if ready:
            line = process.stdout.readline()
            if not line:
                return
            yield line
