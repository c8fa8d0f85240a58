"""Short names for sets of ticks: what is rare is folded, what counts is not."""

from core.classroom.statistics.labels import labels_of

LETTERS = {letter: letter for letter in "abcd"}


def test_rare_sets_are_folded_and_the_key_is_not() -> None:
    frequent = [("a",), ("b",), ("c",), ("d",), ("a", "b"), ("a", "c"), ("a", "d"), ("b", "c")]
    chosen = frequent * 3 + [("b", "d"), ("c", "d"), ()]
    labels = labels_of(chosen, LETTERS, is_single=False)
    assert labels.order == ("a", "b", "c", "d", "ab", "ac", "ad", "bc", "blank", "other")
    assert (labels.of(("d", "b")), labels.of(()), labels.of(("c", "b"))) == ("other", "blank", "bc")
    kept = labels_of(chosen, LETTERS, is_single=False, keys=[("c", "d")])
    assert kept.of(("c", "d")) == "cd" and kept.of(("b", "c")) == "other" and len(kept.order) == 10


def test_an_option_that_the_bank_has_dropped_keeps_its_name() -> None:
    labels = labels_of([("a",), ("gone",)], LETTERS, is_single=True)
    assert labels.order == ("a", "b", "c", "d", "gone") and labels.of(("gone",)) == "gone"
