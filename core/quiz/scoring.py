"""Scoring rules, and what somebody who knows nothing earns with them.

With h right ticks, f wrong ticks, c right options and w wrong options:

    all-or-nothing   1 for exactly the right ticks, else 0
    plus-minus       max(0, (h - f) / c)
    balanced         max(0, h / c - f / w); ticking everything earns 0

A blank answer is no attempt; here it scores 0.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

Scheme = Literal["all-or-nothing", "plus-minus", "balanced"]
Options = frozenset[str]

RULES: dict[str, str] = {
    "all-or-nothing": "You score for ticking every right option and no wrong one.",
    "plus-minus": "The right options share the score equally; each wrong tick takes one share away, but never below 0.",
    "balanced": "Your share of the right options less your share of the wrong ones, never below 0. Ticking everything "
    "scores 0.",
}
"""How a question is scored, in the words that stand beside it."""
SINGLE_RULE = "Choose one option."


def score(scheme: Scheme, ticked: Options, right: Options, options: int) -> float:
    """Score between 0 and 1.

    Args:
        ticked: ids that were ticked.
        right: ids that are right; at least one.
        options: how many options there are.
    """
    if ticked == right:
        return 1.0
    hits, misses, wrong = len(ticked & right), len(ticked - right), options - len(right)
    if scheme == "all-or-nothing":
        return 0.0
    if scheme == "plus-minus":
        return max(0.0, (hits - misses) / len(right))
    return max(0.0, hits / len(right) - (misses / wrong if wrong else 0.0))


def score_any(scheme: Scheme, ticked: Options, accepted: Sequence[Options], options: int) -> float:
    """Score by the first of `accepted`, the key; the other complete answers count only in full."""
    return 1.0 if ticked in accepted else score(scheme, ticked, accepted[0], options)


def blind_scores(scheme: Scheme, accepted: Sequence[Options], ids: Sequence[str], is_single: bool) -> dict[str, float]:
    """Mean score of answering without reading, by strategy.

    >>> blind_scores("plus-minus", [frozenset("abc")], "abcd", False)["ticking everything"]
    0.6666666666666666
    """
    one = [frozenset([choice]) for choice in ids]
    if is_single:
        return {"guessing": _mean(score_any(scheme, ticked, accepted, len(ids)) for ticked in one)}
    some = [frozenset(group) for size in range(1, len(ids) + 1) for group in combinations(ids, size)]
    return {
        "ticking everything": score_any(scheme, frozenset(ids), accepted, len(ids)),
        "ticking one at random": _mean(score_any(scheme, ticked, accepted, len(ids)) for ticked in one),
        "ticking by coin": _mean(score_any(scheme, ticked, accepted, len(ids)) for ticked in some),
    }


def _mean(values: Iterable[float]) -> float:
    held = list(values)
    return sum(held) / len(held)
