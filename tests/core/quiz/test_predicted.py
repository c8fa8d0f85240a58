"""What a run says to a prediction: by the bank's ranges, from runs that count, nothing where the eye has to judge."""

from pathlib import Path
from typing import Any

import pytest

from core.quiz.checking import check_text
from core.quiz.evidence import preset
from core.quiz.predicted import Outcome, outcome
from tests.core.quiz.examples import GIB, LESSON, MINI

Q3, Q8, Q9, Q10 = map(LESSON.question, ("Q3", "Q8", "Q9", "Q10"))
MEASURED = """\
    prediction:
      prompt: How long?
      choices:
        - {id: short, text: short, when: {wall_s: [0, 10]}}
        - {id: long, text: long, when: {wall_s: [10, .inf]}}
      run: {sentence: "It took {wall_s}.", same_settings: [prompt]}
"""
WITH_RUN = MINI.replace("    predict: required\n", f"    predict: required\n{MEASURED}")


def drawn(question: Any, *repeats: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A finished run of the question's own sweep; each repeat took a second with the seed 7, unless it says so."""
    made = [{"wall_s": 1.0, "seed": 7, **repeat} for repeat in repeats]
    return {"state": "finished", "lab": "text_to_image", "settings": preset(question), "repeats": made} | changes


def steps(ten_s: float, fifty_s: float) -> dict[str, Any]:
    times = {1: 0.5, 5: 1.0, 10: ten_s, 25: 2.0, 50: fifty_s}
    return drawn(Q9, *({"num_inference_steps": number, "wall_s": wall_s} for number, wall_s in times.items()))


@pytest.mark.parametrize(
    ("fifty_s", "right"), [(1.2, "same"), (2.0, "twice"), (4.1, "five_times"), (25.0, "twenty_five_times")]
)
def test_a_ratio_is_what_was_predicted_or_not(fifty_s: float, right: str) -> None:
    for choice in Q9.prediction_choices:
        found = outcome(Q9, [choice.id], steps(1.0, fifty_s))
        assert found is not None and found.came_true is (choice.id == right)
    assert outcome(Q9, ["twice"], steps(1.0, 4.13)) == Outcome("In your run 50 steps took 4.13× as long as 10.", False)


def test_a_figure_between_two_choices_is_what_nobody_predicted() -> None:
    assert set(came_true(Q9, steps(1.0, 3.0)).values()) == {False}


def test_only_a_finished_run_of_the_questions_sweep_counts() -> None:
    counts = steps(1.0, 5.0)
    assert outcome(Q9, ["twice"], counts | {"state": "cancelled"}) is None
    assert outcome(Q9, ["twice"], counts | {"settings": {**counts["settings"], "sweep_values": [10, 50]}}) is None
    assert outcome(Q9, ["twice"], counts | {"repeats": counts["repeats"][:3]}) is None
    assert outcome(Q9, ["twice"], counts | {"settings": {**counts["settings"], "prompt": "A boat"}}) is not None


def seeds(again: float, other: float) -> dict[str, Any]:
    apart = [{"difference_to_first": 0}, {"difference_to_first": again}, {"difference_to_first": other, "seed": 8}]
    return drawn(Q8, *apart)


def test_equal_pictures_are_told_by_figures_and_alike_ones_by_the_eye() -> None:
    assert came_true(Q8, seeds(0, 16.9)) == {
        "first_two_equal": True,
        "first_two_alike": False,
        "all_differ": False,
        "all_equal": False,
    }
    assert came_true(Q8, seeds(2.5, 16.9)) == {
        "first_two_equal": False,
        "first_two_alike": None,
        "all_differ": None,
        "all_equal": False,
    }
    told = outcome(Q8, ["all_equal"], seeds(0, 16.9))
    assert told and "picture 2 are 0 of 255 away from those of 1, of picture 3 16.9 of 255." in told.sentence


def came_true(question: Any, record: dict[str, Any]) -> dict[str, bool | None]:
    found = {choice.id: outcome(question, [choice.id], record) for choice in question.prediction_choices}
    return {name: told.came_true for name, told in found.items() if told}


def test_a_run_without_the_differences_says_nothing() -> None:
    assert outcome(Q8, ["all_equal"], drawn(Q8, {}, {}, {"seed": 8})) is None


def test_at_a_scale_of_100_the_figures_are_told_and_the_looks_are_not_judged() -> None:
    scales = {1: 60.0, 5: 50.0, 7.5: 42.0, 20: 30.0, 100: 0.0}
    record = drawn(Q10, *({"guidance_scale": scale, "distance_to_last": far} for scale, far in scales.items()))
    assert came_true(Q10, record) == {"refused": None, "clipped": False, "best": None, "distorted": None}
    found = outcome(Q10, ["best"], record)
    assert found and "42.0 of 255 away from the one at 7.5" in found.sentence


def test_growth_is_told_of_the_full_size_alone() -> None:
    grown = {"baseline": {"process_rss_bytes": 0}, "after_load": {"process_rss_bytes": 2.3 * GIB}}
    record = {"state": "finished", "settings": preset(Q3), "memory": grown, "repeats": [], "model": {}}
    assert outcome(Q3, ["four_bytes"], record) is None
    record["model"] = {"parameters": 596_049_920}
    assert outcome(Q3, ["four_bytes"], record) == Outcome("In your run process_rss grew by 2.30 GiB.", True)
    assert outcome(Q3, ["eight_bytes"], record) == Outcome("In your run process_rss grew by 2.30 GiB.", False)


def test_a_question_without_a_prediction_of_its_own_is_not_judged() -> None:
    assert outcome(LESSON.question("Q4"), ["under_10_s"], {"state": "finished", "settings": {}}) is None


def test_a_good_bank_may_decide_a_prediction_by_a_run() -> None:
    assert check_text(WITH_RUN, "bank.yaml", Path())[1] == []


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ("when: {wall_s: [0, 10]}", "when: {wall_z: [0, 10]}", "unknown_measure", "did you mean 'wall_s'"),
        ("It took {wall_s}.", "It took {wall}.", "unknown_measure", "no measure 'wall'"),
        ("when: {wall_s: [0, 10]}", "when: {wall_s: [10, 0]}", "range_order", "from low to high"),
        ("same_settings: [prompt]", "same_settings: [promt]", "lab_settings", "did you mean 'prompt'"),
        ('      run: {sentence: "It took {wall_s}.", same_settings: [prompt]}\n', "", "no_run", "prediction.run"),
    ],
)
def test_what_cannot_be_measured_is_an_error(old: str, new: str, code: str, told: str) -> None:
    assert old in WITH_RUN
    problems = check_text(WITH_RUN.replace(old, new), "bank.yaml", Path())[1]
    assert {problem.code for problem in problems} == {code} and told in problems[0].message
