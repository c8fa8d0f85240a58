import pytest

from core.quiz.marking import mark
from core.quiz.verdict import figure
from tests.core.quiz.examples import NO_GPU, mini, run_record


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(16.618, "s", "16.6 s"), (0.0123, "s", "12.3 ms"), (2.5523, "GiB", "2.55 GiB"), (58.63, "1/s", "58.6 per second")],
)
def test_figures_have_three_significant_digits_and_a_unit(value: float, unit: str, text: str) -> None:
    assert figure(value, unit) == text


def test_a_value_above_every_option_says_so() -> None:
    changes = (
        ("range: [20, .inf]", "range: [20, 60]"),
        ("      unit: s\n", "      unit: s\n      no_match: nearest\n"),
    )
    question = mini(*changes).question("Q2")
    verdict = mark(question, ["long"], runs=[run_record(question, [70.0] * 3)], machine=NO_GPU).verdict
    assert verdict == "Your run measured 70.0 s. No option goes above 60 seconds, so the nearest one counts."
