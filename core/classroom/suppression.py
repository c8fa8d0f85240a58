"""Counts that a whole room may see: none under 5, and none that could be worked out from the others.

    of_one_choice([14, 9, 2, 0])         # (14, 9, None, None)
    of_one_choice([14, 9, 2])            # (14, None, None): with the 9, the 2 would follow from how many answered
    of_one_choice([26, 4])               # (None, None): either would tell the other
    of_ticks([26, 12, 4], people=27)     # (26, 12, None)

The room is taken to know exactly how many answered, and how this works: a hidden count has to be one that could still
be another. Counts of one choice each add up to a known number: so the smallest are hidden until at least two are hidden
that are not alike, since exchanging those for one another shows the same to the room. Where several options can be
ticked nothing adds up, but everybody ticked one at least: what is shown must not leave so many people over that every
hidden count has to be the largest that it can be.

What changes between two looks can still tell who came in between; so counts are for questions that are closed.
"""

from collections.abc import Callable, Sequence

LEAST = 5
"""Fewer are hidden, as in school statistics (NCES, ED514095)."""
Shown = tuple[int | None, ...]
"""Counts in their order; None is hidden."""


def of_one_choice(counts: Sequence[int]) -> Shown:
    """What may be shown of the counts of options, of which everybody chose one."""
    return _shown(counts, _can_be_exchanged)


def of_ticks(counts: Sequence[int], people: int) -> Shown:
    """What may be shown of the counts of options, of which each of `people` ticked one or several."""

    def is_safe(hidden: Sequence[int]) -> bool:
        # So few that hidden counts might have to be 4 each, to have a tick of everybody.
        if people <= (LEAST - 1) * len(counts):
            return False
        can_be_more, can_be_less = min(hidden) < LEAST - 1, sum(counts) > people
        return can_be_more or can_be_less or _can_be_exchanged(hidden)

    return _shown(counts, is_safe)


def of_people(count: int) -> int | None:
    """How many people did something; None under 5."""
    return count if count >= LEAST else None


def _shown(counts: Sequence[int], is_safe: Callable[[Sequence[int]], bool]) -> Shown:
    """Hide all counts up to a border: what is under 5, then up to the next larger count and the next, until it is safe.

    Always all of the same size, so that what is hidden does not depend on which option has it.
    """
    for border in [LEAST - 1, *sorted({count for count in counts if count >= LEAST})]:
        hidden = [count for count in counts if count <= border]
        if not hidden or is_safe(hidden):
            return tuple(count if count > border else None for count in counts)
    return (None,) * len(counts)


def _can_be_exchanged(hidden: Sequence[int]) -> bool:
    return len(set(hidden)) > 1
