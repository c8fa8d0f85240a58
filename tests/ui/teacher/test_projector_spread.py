"""The histogram for the room: bins in words, open at both ends, a hidden count without height."""

from core.classroom.measured import Spread
from ui.teacher.projector_spread import bin_rows, finding, named_bins

SPREAD = Spread("s", 26, (16.0, 17.0, 18.0), (None, 12, 9, None), 20, 7.04)


def test_bins_are_named_and_the_outer_ones_are_open() -> None:
    assert named_bins(SPREAD) == [
        ("under 16.0", None),
        ("16.0 to 17.0", 12),
        ("17.0 to 18.0", 9),
        ("18.0 and more", None),
    ]


def test_open_bins_are_as_wide_as_their_neighbours_and_hidden_ones_have_no_height() -> None:
    rows = bin_rows(SPREAD)
    assert [(row["low"], row["high"]) for row in rows] == [(15.0, 16.0), (16.0, 17.0), (17.0, 18.0), (18.0, 19.0)]
    assert [(row["count"], row["text"]) for row in rows] == [(0, "hidden"), (12, "12"), (9, "9"), (0, "hidden")]


def test_the_finding_leaves_out_what_may_not_be_told() -> None:
    assert finding(SPREAD) == "26 students measured. 20 of their answers say what they measured."
    assert finding(Spread("s", 26, (1.0, 2.0), (None, 26, None), None, None)) == "26 students measured."
