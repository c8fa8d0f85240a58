"""What an open page costs, as it is summed up."""

from bench.page_open import Ran, summary


def test_the_ratio_of_a_pair_is_open_to_none_and_the_aim_is_met_by_the_median() -> None:
    rows = [(Ran(2.0), Ran(watched_s, (0.01, 0.03))) for watched_s in (1.9, 2.02, 2.4)]
    found = summary(rows)
    assert found["ratios"] == [0.95, 1.01, 1.2] and found["median_ratio"] == 1.01
    assert found["met"] is True and found["polls"] == 6 and found["poll_median_s"] == 0.02


def test_a_median_above_the_aim_does_not_meet_it() -> None:
    assert summary([(Ran(1.0), Ran(1.03, (0.01,)))] * 3)["met"] is False
