"""Draws larger and larger pictures and reads the memory of each, until one needs more than a limit.

It runs as a process of its own: nothing that was measured before is in its way, and where the memory really ends, it
alone does. `search.py` starts it.

python -m core.labs.memory_savers.search_process '{"path": …, "saver": "plain", "device": "cpu", "variant": null,
                                                   "prompt": …, "limit_bytes": 500000000, "sides": [64, 128, 256]}'

Writes a line for each picture that fits, {"side": 128}, and one for the first that does not, {"refused": "It needs …"}.
Where something else went wrong, that line is {"failed": "…"}.
"""

import json
import sys
from typing import Any

from core.errors import OutOfMemory
from core.labs.memory_savers import program
from core.measure.machine import this_machine
from core.measure.memory import NO_PEAK, Meters, give_back
from core.runs.drawing import quiet_pipe
from core.runs.execution import in_short, reason_of
from core.runs.quiet import prepare_environment, quiet_libraries
from core.units import gib

SEED = 7
TOO_MUCH = "It needs {needed}."


def search(asked: dict[str, Any]) -> None:
    """Draw from the smallest side to the largest, one picture of one step each, as memory needs no more.

    First the smallest is drawn once and everything let go: what the libraries set up at their first use is no part of
    what the pictures need.
    """
    device = asked["device"]
    meters = Meters(device, this_machine())
    meter = "allocated_bytes" if meters.is_cuda else "process_rss_bytes"
    try:
        _draw(_loaded(asked), asked, asked["sides"][0])
        give_back()
        before = meters.read()[meter]
        pipe = _loaded(asked)
        for side in asked["sides"]:
            give_back()
            meters.reset_peaks()
            _draw(pipe, asked, side)
            peak = meters.peaks()[meter]
            if not isinstance(peak, int) or not isinstance(before, int):
                return _say({"failed": NO_PEAK})
            if peak - before > asked["limit_bytes"]:
                return _say({"refused": TOO_MUCH.format(needed=gib(peak - before))})
            _say({"side": side})
    except Exception as failure:
        reason = reason_of(failure, device)
        _say({"refused" if reason.kind == OutOfMemory.kind else "failed": in_short(reason)})


def _loaded(asked: dict[str, Any]) -> Any:
    return quiet_pipe(
        program.load(asked["path"], asked["saver"], asked["device"], asked["variant"], lambda stage: None)
    )


def _draw(pipe: Any, asked: dict[str, Any], side: int) -> None:
    program.draw(pipe, asked["prompt"], side, 1, 1, SEED)


def _say(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    prepare_environment()
    quiet_libraries()
    search(json.loads(sys.argv[1]))
