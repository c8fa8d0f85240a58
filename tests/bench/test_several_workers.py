"""The figures of `bench.several_workers`, from seconds that are written by hand."""

from bench.several_workers import TARGET, summary


def test_the_ratio_is_one_worker_by_two() -> None:
    found = summary([(20.0, 10.0), (19.0, 10.0), (21.0, 10.0)])
    assert found["ratios"] == [2.0, 1.9, 2.1] and found["target"] == TARGET == 1.8
    assert found["one_worker_s"] == [20.0, 19.0, 21.0]
