"""Suppressed counts: nothing under 5 is shown, and every hidden count could be another one.

What the room could work out is looked for exhaustively: of all counts that would look the same, none may agree with all
others on a hidden one. The room knows how many answered and how the hiding works.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom.suppression import LEAST, Shown, of_one_choice, of_people, of_ticks

Counts = tuple[int, ...]
counts_of_a_class = st.lists(st.integers(0, 300), min_size=2, max_size=12)


def compositions(people: int, options: int) -> Iterator[Counts]:
    """Every way in which so many people can choose one option each."""
    if options == 1:
        yield (people,)
        return
    for first in range(people + 1):
        yield from ((first, *rest) for rest in compositions(people - first, options - 1))


def looks(outcomes: dict[Counts, Shown]) -> dict[Shown, list[Counts]]:
    """All counts that look the same, by how they look."""
    alike: dict[Shown, list[Counts]] = defaultdict(list)
    for counts, shown in outcomes.items():
        alike[shown].append(counts)
    return alike


def worked_out(alike: dict[Shown, list[Counts]]) -> list[tuple[Shown, int]]:
    """Looks with the index of a hidden count that is the same in all counts that look so."""
    return [
        (shown, index)
        for shown, group in alike.items()
        for index, value in enumerate(shown)
        if value is None and len({counts[index] for counts in group}) == 1
    ]


@pytest.mark.parametrize(("options", "most"), [(2, 40), (3, 30), (4, 22), (5, 14)])
def test_no_hidden_count_of_one_choice_follows_from_what_is_shown(options: int, most: int) -> None:
    for people in range(1, most + 1):
        found = {counts: of_one_choice(counts) for counts in compositions(people, options)}
        assert worked_out(looks(found)) == [], people


@pytest.mark.parametrize(("options", "most"), [(2, 24), (3, 18), (4, 9)])
def test_no_hidden_count_of_ticks_follows_from_what_is_shown(options: int, most: int) -> None:
    for people in range(1, most + 1):
        possible = (counts for counts in product(range(people + 1), repeat=options) if sum(counts) >= people)
        found = {counts: of_ticks(counts, people) for counts in possible}
        assert worked_out(looks(found)) == [], people


@given(counts_of_a_class)
def test_nothing_under_5_is_shown_and_what_is_shown_is_true(counts: list[int]) -> None:
    for shown in (of_one_choice(counts), of_ticks(counts, max(counts))):
        assert len(shown) == len(counts)
        assert all(value in (None, count) for value, count in zip(shown, counts, strict=True))
        assert all(value is None for value, count in zip(shown, counts, strict=True) if count < LEAST)


@given(counts_of_a_class, st.permutations(range(12)))
def test_the_order_of_the_options_changes_nothing(counts: list[int], order: list[int]) -> None:
    order = [index for index in order if index < len(counts)]
    mixed = [counts[index] for index in order]
    assert of_one_choice(mixed) == tuple(of_one_choice(counts)[index] for index in order)


@given(counts_of_a_class)
def test_one_choice_never_hides_a_single_count(counts: list[int]) -> None:
    assert of_one_choice(counts).count(None) != 1


def test_counts_without_a_small_one_are_shown() -> None:
    assert of_one_choice([14, 9, 5]) == (14, 9, 5)
    assert of_ticks([30, 30, 5], 30) == (30, 30, 5)


def test_the_next_larger_count_is_hidden_beside_a_single_small_one() -> None:
    assert of_one_choice([14, 9, 2]) == (14, None, None)
    assert of_one_choice([9, 9, 2, 14]) == (None, None, None, 14)


def test_two_small_ones_that_are_alike_are_not_enough() -> None:
    """Of (14, 9, 0, 0) the room would know that both are 0."""
    assert of_one_choice([14, 9, 0, 0]) == (14, None, None, None)
    assert of_one_choice([14, 9, 1, 0]) == (14, 9, None, None)


def test_ticks_do_not_add_up_so_one_may_be_hidden_alone() -> None:
    assert of_ticks([26, 12, 4], 27) == (26, 12, None)


def test_ticks_that_everybody_must_have_made_are_hidden_with_another() -> None:
    """30 people of whom 26 ticked the first: the other 4 must have ticked the second."""
    assert of_ticks([26, 4], 30) == (None, None)


@pytest.mark.parametrize(("count", "shown"), [(0, None), (4, None), (5, 5), (300, 300)])
def test_people_are_counted_from_five_on(count: int, shown: int | None) -> None:
    assert of_people(count) == shown
