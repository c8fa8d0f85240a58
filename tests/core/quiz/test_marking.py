import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quiz.bank import Question
from core.quiz.marking import Marking, mark, reveal
from tests.core.quiz.examples import LESSON, NO_GPU, WITH_GPU, mini, run_record

Q4, Q6 = LESSON.question("Q4"), LESSON.question("Q6")


def by_letter(name: str, letters: str) -> Marking:
    question = LESSON.question(name)
    ids = [choice.id for choice in question.choices if choice.letter in letters]
    return mark(question, ids, runs=[], machine=NO_GPU)


def test_a_blank_answer_is_no_attempt() -> None:
    marking = mark(Q4, [], runs=[run_record(Q4, [16.6] * 3)], machine=NO_GPU)
    assert (marking.state, marking.score, marking.uses_attempt) == ("blank", None, False)
    assert marking.heading == ""


def test_an_unknown_option_is_a_format_error_and_no_attempt() -> None:
    marking = mark(Q4, ["s_20_to_40", "<b>"], runs=[], machine=NO_GPU)
    assert marking.state == "format_error" and not marking.uses_attempt
    assert marking.verdict.startswith("Q4 has no option '<b>'.") and marking.verdict.endswith("No attempt was used.")


def test_two_options_of_a_single_question_are_a_format_error() -> None:
    marking = mark(LESSON.question("Q11"), ["one", "two"], runs=[], machine=NO_GPU)
    assert marking.state == "format_error" and marking.verdict.startswith("This question takes one option.")


def test_the_same_option_twice_is_one_tick() -> None:
    assert mark(LESSON.question("Q11"), ["two", "two"], runs=[], machine=NO_GPU).is_right


@pytest.mark.parametrize(
    ("name", "letters", "score"),
    [
        ("Q1", "abcd", 1), ("Q1", "ab", 0.5), ("Q2", "bd", 1), ("Q2", "abd", 0.5), ("Q3", "acd", 1), ("Q3", "abcd", 0),
        ("Q8", "d", 1), ("Q8", "ad", 0), ("Q9", "c", 1), ("Q9", "bc", 1), ("Q9", "b", 0), ("Q10", "ac", 1),
        ("Q10", "abc", 1), ("Q10", "a", 0.5), ("Q10", "abcd", 0), ("Q11", "b", 1), ("Q11", "c", 0),
    ],
)  # fmt: skip
def test_lesson_questions_are_scored_by_their_rule(name: str, letters: str, score: float) -> None:
    marking = by_letter(name, letters)
    assert (marking.state, marking.score) == ("graded", pytest.approx(score))


def test_a_second_accepted_answer_says_why() -> None:
    assert by_letter("Q9", "bc").verdict == LESSON.question("Q9").also_accepted[0].feedback
    chosen = {item.letter: item.is_right for item in by_letter("Q9", "bc").feedback}
    assert chosen == {"a": False, "b": True, "c": True, "d": False}


def test_headings_tell_right_partly_and_not_right() -> None:
    assert [by_letter("Q2", letters).heading for letters in ("bd", "b", "a")] == ["Right", "Partly right", "Not right"]


def test_measured_answer_is_right_by_the_students_own_run() -> None:
    marking = mark(Q4, ["s_20_to_40"], runs=[run_record(Q4, [17.7, 16.618, 17.9])], machine=NO_GPU)
    assert marking.is_right
    assert marking.verdict == (
        "Your fastest run took 16.6 s. No option covers 10 to 20 seconds, so the nearest one counts."
    )
    assert marking.evidence and marking.evidence.run_id == "run1"
    assert marking.correct_answers == ("s_20_to_40",)


def test_a_run_beside_its_limit_is_told_as_a_share_of_it() -> None:
    repeats = [{"index": index, "wall_s": 20.0, "tokens_per_s": rate} for index, rate in enumerate((4.9, 5.1, 5.0))]
    limit = {"kind": "bandwidth", "value": 20.4, "unit": "tokens/s"}
    verdict = mark(Q4, ["s_20_to_40"], runs=[run_record(Q4, repeats=repeats, limit=limit)], machine=NO_GPU).verdict
    assert verdict == "Your fastest run took 20.0 s. That is 25% of the speed that this device's memory allows."


@pytest.mark.parametrize("limit", [{"value": 4.0, "unit": "tokens/s"}, {"value": 9.0, "unit": "s/evaluation"}, None])
def test_a_limit_that_the_run_passed_or_that_is_of_something_else_is_not_told(limit: dict[str, Any] | None) -> None:
    repeats = [{"index": index, "wall_s": 20.5, "tokens_per_s": 5.0} for index in range(3)]
    verdict = mark(Q4, ["s_20_to_40"], runs=[run_record(Q4, repeats=repeats, limit=limit)], machine=NO_GPU).verdict
    assert verdict == "Your fastest run took 20.5 s."


def test_measured_answer_that_the_run_does_not_support_is_wrong() -> None:
    marking = mark(Q4, ["under_10_s"], runs=[run_record(Q4, [30.0] * 3)], machine=NO_GPU)
    assert (marking.state, marking.score, marking.heading) == ("graded", 0, "Not right")
    assert marking.verdict == "Your fastest run took 30.0 s."


@pytest.mark.parametrize("choice", ["s_20_to_40", "s_40_to_60"])
def test_near_an_edge_both_neighbours_are_right(choice: str) -> None:
    marking = mark(Q4, [choice], runs=[run_record(Q4, [40.5] * 3)], machine=NO_GPU)
    assert marking.is_right and "within 3%" in marking.verdict
    assert [item.is_right for item in marking.feedback if item.id == choice] == [True]


def test_without_a_run_the_answer_needs_one_and_is_not_wrong() -> None:
    marking = mark(Q4, ["s_20_to_40"], runs=[], machine=NO_GPU)
    assert (marking.state, marking.score, marking.uses_attempt) == ("needs_run", None, False)
    assert "Run it first" in marking.verdict and marking.feedback == ()


def test_a_twins_run_does_not_decide_and_the_marking_says_so() -> None:
    twin = run_record(Q4, [0.3] * 3)
    twin["model"] = {**twin["model"], "source": "embedded", "parameters": 1_200_000}
    marking = mark(Q4, ["under_10_s"], runs=[twin], machine=NO_GPU)
    assert marking.state == "needs_run"
    assert "full size, 596,049,920 parameters" in marking.verdict


def test_an_implausible_run_uses_no_attempt() -> None:
    marking = mark(Q6, ["under_1_gib"], runs=[run_record(Q6, [0.4])], machine=WITH_GPU)
    assert (marking.state, marking.uses_attempt) == ("implausible", False)
    assert "0.400 GiB" in marking.verdict and marking.correct_answers == ()


def test_without_a_gpu_the_reference_decides_and_is_named_with_its_machine() -> None:
    marking = mark(LESSON.question("Q5"), ["under_10_s"], runs=[], machine=NO_GPU)
    assert marking.is_right and marking.evidence and marking.evidence.source == "reference"
    assert marking.verdict.startswith(
        "No GPU of this machine can be used: no NVIDIA driver. "
        "A reference decides instead: 2.56 s, measured on an NVIDIA H200"
    )


def test_a_lower_bound_is_called_at_least() -> None:
    assert Q6.key and Q6.key.reference
    least = {"value": 2.55, "machine": "any GPU", "kind": "estimate", "lower_bound": True}
    key = Q6.key.model_copy(update={"reference": Q6.key.reference.model_copy(update=least)})
    verdict = mark(Q6.model_copy(update={"key": key}), ["gib_1_to_3"], runs=[], machine=NO_GPU).verdict
    assert "at least 2.55 GiB, an estimate for any GPU" in verdict


def test_a_value_that_no_option_holds_is_ungraded_where_the_bank_says_so() -> None:
    changes = (("range: [10, 20]", "range: [12, 20]"), ("      unit: s\n", "      unit: s\n      allow_gaps: true\n"))
    question = mini(*changes).question("Q2")
    marking = mark(question, ["short"], runs=[run_record(question, [11.0] * 3)], machine=NO_GPU)
    assert (marking.state, marking.uses_attempt) == ("ungraded", False)
    assert "No option covers 10 to 12 seconds" in marking.verdict


def test_before_the_end_the_marking_keeps_the_key_back() -> None:
    marking = by_letter("Q11", "a")
    shown = marking.before_final()
    assert shown.correct_answers == () and shown.accepted == ()
    assert [item.letter for item in shown.feedback] == ["a"]
    assert len(marking.feedback) == 4
    sent = json.dumps(shown.as_dict())
    assert all((choice.feedback_unchosen or "-none-") not in sent for choice in LESSON.question("Q11").choices)


@pytest.mark.parametrize(
    ("letters", "verdict"),
    [
        ("abcd", "2 of your 4 ticks are right."),
        ("b", "Your one tick is right. Not every right option is ticked yet."),
        ("c", "Your one tick is not right."),
        ("ac", "None of your 2 ticks is right."),
        ("bcd", "2 of your 3 ticks are right."),
    ],
)
def test_before_the_end_a_multiple_question_tells_only_how_many_ticks_are_right(letters: str, verdict: str) -> None:
    marking = by_letter("Q2", letters)
    shown = marking.before_final()
    assert (shown.verdict, shown.feedback, shown.correct_answers) == (verdict, (), ())
    sent = json.dumps(shown.as_dict())
    assert '"is_right"' not in sent
    assert all((choice.feedback or "-none-") not in sent for choice in LESSON.question("Q2").choices)
    assert marking.verdict.startswith(verdict.partition(".")[0]) and len(marking.feedback) == 4


def test_before_the_end_other_states_keep_their_own_words() -> None:
    blank = mark(LESSON.question("Q2"), [], runs=[], machine=NO_GPU)
    assert blank.before_final() == blank


def test_a_marking_without_a_type_is_shown_as_that_of_a_multiple_question() -> None:
    stored = {name: value for name, value in by_letter("Q11", "a").as_dict().items() if name != "type"}
    assert Marking.model_validate(stored).before_final().feedback == ()


def test_before_the_end_measured_evidence_keeps_its_key_back() -> None:
    marking = mark(Q4, ["under_10_s"], runs=[run_record(Q4, [30.0] * 3)], machine=NO_GPU)
    shown = marking.before_final()
    assert shown.evidence and shown.evidence.key == () and shown.evidence.value == 30.0
    assert marking.evidence and marking.evidence.key == ("s_20_to_40",)


def test_feedback_differs_for_chosen_and_unchosen_options() -> None:
    feedback = {item.id: item.text for item in mark(mini().question("Q1"), ["three"], runs=[], machine=NO_GPU).feedback}
    assert feedback == {"one": "One belongs here.", "two": "", "three": "Three is wrong.", "four": ""}


def test_reveal_shows_the_key_without_a_score() -> None:
    marking = reveal(LESSON.question("Q10"), runs=[], machine=NO_GPU)
    assert (marking.state, marking.score, marking.uses_attempt) == ("revealed", None, False)
    assert marking.correct_answers == ("follow_prompt", "no_maximum") and len(marking.feedback) == 4


def test_reveal_of_a_measured_question_without_a_run_has_no_key() -> None:
    assert reveal(Q4, runs=[], machine=NO_GPU).correct_answers == ()
    assert reveal(Q4, runs=[run_record(Q4, [70.0] * 3)], machine=NO_GPU).correct_answers == ("over_60_s",)


@pytest.mark.parametrize("question", LESSON.questions, ids=lambda question: question.id)
def test_a_marking_survives_being_stored_as_json(question: Question) -> None:
    runs = [run_record(question, [16.6] * 3 if question.key.unit == "s" else [2.9])] if question.key else []
    marking = mark(question, [question.choices[1].id], runs=runs, machine=WITH_GPU)
    assert marking.state == "graded"
    assert Marking.model_validate(json.loads(json.dumps(marking.as_dict(), allow_nan=False))) == marking


@given(st.lists(st.sampled_from(["system_ram", "gpu_ram", "from_hub", "file_1_5_gb", "nonsense", ""]), max_size=6))
def test_any_submission_is_marked_without_an_exception(submitted: list[str]) -> None:
    marking = mark(LESSON.question("Q3"), submitted, runs=[], machine=NO_GPU)
    assert (marking.score is None) == (marking.state != "graded")
    assert set(marking.submitted_answers) <= set(submitted)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_measured_value_gives_a_state_and_never_a_wrong_attempt_by_a_broken_figure(value: float) -> None:
    marking = mark(Q4, ["over_60_s"], runs=[run_record(Q4, [value] * 3)], machine=NO_GPU)
    assert (marking.state == "graded") == (0.1 <= value <= 7200)
    json.dumps(marking.as_dict(), allow_nan=False)


@given(st.floats(min_value=0.11, max_value=7000), st.randoms(use_true_random=False))
def test_order_of_the_repeats_does_not_matter(fastest: float, random: object) -> None:
    values = [fastest, fastest * 1.05, fastest * 1.2]
    random.shuffle(values)  # type: ignore[attr-defined]
    marking = mark(Q4, ["under_10_s"], runs=[run_record(Q4, values)], machine=NO_GPU)
    assert marking.evidence and marking.evidence.value == fastest
