"""The sentences of a classification's result say what was measured, a rise or not."""

import pytest

from core.runs.records import batch_times
from ui.labs.classification_switches import mib, slower
from ui.labs.image_classification import explained, percent


def told(one_s: float, many_s: float) -> str:
    times = {1: [one_s] * 4, 32: [many_s] * 4}
    return explained(times, {size: size / passes[0] for size, passes in times.items()})


@pytest.mark.parametrize(
    ("many_s", "says"),
    [(0.4, "throughput rose 8.00 times"), (3.2, "hardly changed (1.00 times)"), (6.4, "fell to 0.500 of what it was")],
)
def test_the_sentence_follows_the_measured_throughput(many_s: float, says: str) -> None:
    assert says in told(0.1, many_s)


def test_the_wait_of_one_picture_is_that_of_its_batch() -> None:
    sentence = told(0.1, 1.6)
    assert "each batch took 16.0 times as long" in sentence and "0.100 s became 1.60 s" in sentence


def test_cold_passes_are_left_out_of_the_times() -> None:
    passes = [(1, 0.9, True), (1, 0.1, False), (1, 0.2, False), (4, 0.8, True), (4, 0.3, False)]
    repeats = [{"images": size, "wall_s": wall_s, "is_cold": is_cold} for size, wall_s, is_cold in passes]
    assert batch_times({"repeats": repeats}) == {1: [0.1, 0.2], 4: [0.3]}
    assert batch_times({"repeats": [{"wall_s": 1.0}]}) == {}


@pytest.mark.parametrize(
    ("share", "text"), [(0.94763, "94.8%"), (0.0002, "0.0200%"), (1e-9, "below 0.01%"), (0, "0%"), (1, "100%")]
)
def test_a_small_probability_is_not_written_as_none(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_difference_within_the_noise_is_not_called_one() -> None:
    assert "by more than the noise" in slower([1.0, 1.1, 0.9, 1.0, 1.2], [1.0, 1.2, 0.9, 1.1, 1.0])
    assert "by more than the noise" in slower([1.0, 1.0], [2.0, 2.0])
    assert slower([1.0, 1.1, 1.0, 1.05, 1.0], [2.0, 2.1, 2.0, 2.1, 2.0]).startswith("A pass took 2.00 times as long (")


def test_what_is_kept_is_written_in_the_unit_of_its_chart() -> None:
    assert mib({"saved_bytes": 687_308_032}) == "655 MiB" and mib({"saved_bytes": 0}) == "0 MiB"
