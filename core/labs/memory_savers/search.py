"""Has largest.py find the largest picture that fits into a limit, in a process of its own: what a full memory does to
a process, down to its sudden end, is a result here and harms no other run.
"""

import json
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from core.config import ROOT

SEARCH = "core.labs.memory_savers.largest"
LOOK_S = 0.25
ENDED = "the process ended at it without a word, as it does where the system has no memory left"

Entry = dict[str, Any]


def largest(asked: Entry, tell: Callable[[str], None], check: Callable[[], None]) -> Entry:
    """The largest side that was drawn, and the first that was refused, with the reason.

    Args:
        asked: what largest.py takes.
        tell: is told what is tried.
        check: called several times a second; what it raises ends the search.
    """
    found: Entry = {"largest_side": None, "refused_side": None}
    sides = list(asked["sides"])
    command = [sys.executable, "-m", SEARCH, json.dumps(asked)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        tell(f"Trying {sides[0]} × {sides[0]} pixels")
        for line in _lines(process, check):
            told = json.loads(line)
            if "reason" in told:
                return found | {"refused_side": told["refused"], "refused_reason": told["reason"]}
            found["largest_side"] = told["side"]
            if following := next((side for side in sides if side > told["side"]), None):
                tell(f"Trying {following} × {following} pixels")
        if process.wait() != 0:
            following = next((side for side in sides if side > (found["largest_side"] or 0)), None)
            return found | {"refused_side": following, "refused_reason": ENDED}
        return found
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


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
