"""Whether two runs differ in time, said only where their repeats say so.

The warm repeats of both are compared by the exact interval of their ratio (core/measure/statistics.py). It holds for
these two runs: whether the machine was in the same state during both, their conditions tell.

    >>> told_difference(first, second)
    'The second took 1.52 times as long as the first (95% interval 1.47 to 1.58, from 5 and 5 warm repeats).'
"""

from core.measure.statistics import ratio_interval
from core.runs.records import Record
from core.units import significant

FEWEST = 4
"""With so many warm repeats each, an interval of 95 % exists."""


def told_difference(first: Record, second: Record) -> str:
    """One sentence; empty where the times of the repeats are not those of the same work."""
    if _is_swept(first) or _is_swept(second):
        return ""
    times = _warm_s(first), _warm_s(second)
    counts = f"{len(times[0])} and {len(times[1])} warm repeats"
    found = ratio_interval(*times)
    if found is None:
        return f"Whether they differ cannot be told from {counts}: run each with at least {FEWEST + 1} repeats."
    ratio, low, high = (significant(value) for value in found)
    interval = f"95% interval {low} to {high}, from {counts}"
    if found[1] <= 1 <= found[2]:
        return f"No difference can be told: the second took {ratio} times as long as the first ({interval})."
    return f"The second took {ratio} times as long as the first ({interval})."


def _is_swept(record: Record) -> bool:
    return any(repeat.get("settings") for repeat in record.get("repeats") or [])


def _warm_s(record: Record) -> list[float]:
    return [repeat["wall_s"] for repeat in record.get("repeats") or [] if not repeat["is_first"]]
