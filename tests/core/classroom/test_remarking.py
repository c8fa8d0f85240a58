"""An answer under another text of its question: marked by what is known of it, or left as it was, never guessed."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom.remarking import CannotMarkAnew, marked_anew
from core.quiz.bank import Question
from core.quiz.marking import Marking, mark
from tests.core.quiz.examples import LESSON, NO_GPU, mini, run_record

FIXED, MEASURED = mini().question("Q1"), mini().question("Q2")


def changed(question_id: str, *changes: tuple[str, str]) -> Question:
    """The question after its text in the bank was edited."""
    return mini(*changes).question(question_id)


def fixed(*ticks: str) -> Marking:
    return mark(FIXED, ticks, runs=(), machine=NO_GPU)


def measured(tick: str, *values: float) -> Marking:
    """An answer to the measured question after a run of these seconds."""
    marking = mark(MEASURED, [tick], runs=[run_record(MEASURED, list(values))], machine=NO_GPU)
    assert marking.state == "graded"
    return marking


def anew(question: Question, before: Marking) -> Marking:
    return marked_anew(question, before, NO_GPU)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_same_text_gives_the_same_marking_of_a_fixed_question(size: int) -> None:
    for ticks in combinations([choice.id for choice in FIXED.choices], size):
        assert anew(FIXED, fixed(*ticks)) == fixed(*ticks)


@given(st.floats(0.2, 7000), st.sampled_from(["short", "middle", "long"]))
def test_the_same_text_gives_the_same_marking_of_a_measured_question(seconds: float, tick: str) -> None:
    before = measured(tick, seconds, seconds + 1, seconds + 2)
    assert anew(MEASURED, before) == before


@pytest.mark.parametrize("question", [each for each in LESSON.questions if each.key is None], ids=lambda each: each.id)
def test_the_whole_lesson_marks_itself_the_same_again(question: Question) -> None:
    for choice in question.choices:
        before = mark(question, [choice.id], runs=(), machine=NO_GPU)
        assert anew(question, before) == before


def test_a_corrected_key_counts_for_what_was_ticked() -> None:
    question = changed("Q1", ("text: Third, correct: false", "text: Third, correct: true"))
    assert anew(question, fixed("one", "two")).score == pytest.approx(2 / 3)
    after = anew(question, fixed("one", "two", "three"))
    assert (after.score, after.correct_answers) == (1, ("one", "two", "three"))
    assert after.question_hash == question.hash and after.verdict == "You ticked every right option and no wrong one."


def test_options_are_known_by_their_ids_wherever_they_stand() -> None:
    swapped = FIXED.choices[2], FIXED.choices[0], FIXED.choices[3], FIXED.choices[1]
    choices = tuple(
        choice.model_copy(update={"letter": letter}) for choice, letter in zip(swapped, "abcd", strict=True)
    )
    question = FIXED.model_copy(update={"choices": choices})
    after = anew(question, fixed("one", "two"))
    assert after.score == 1 and [option.letter for option in after.feedback if option.chosen] == ["b", "d"]


def test_a_corrected_feedback_changes_no_score_and_is_told() -> None:
    question = changed("Q1", ("feedback: Yes one.", "feedback: Quite so."))
    before = fixed("one", "two")
    after = anew(question, before)
    assert after.score == before.score == 1
    assert (before.feedback[0].text, after.feedback[0].text) == ("Yes one.", "Quite so.")


def test_an_option_that_is_gone_is_told_and_not_guessed() -> None:
    question = changed("Q1", ("{id: one, letter", "{id: uno, letter"))
    with pytest.raises(CannotMarkAnew, match="Option one is no longer in the bank"):
        anew(question, fixed("one", "two"))
    assert anew(question, fixed("two")).score == 0.5
    with pytest.raises(CannotMarkAnew, match="Options one, two are"):
        anew(changed("Q1", ("id: one,", "id: uno,"), ("id: two,", "id: due,")), fixed("one", "two", "three"))


def test_several_ticks_where_one_counts_now_are_not_guessed() -> None:
    question = changed(
        "Q1", ("type: multiple", "type: single"), ("text: Second, correct: true", "text: Second, correct: false")
    )
    with pytest.raises(CannotMarkAnew, match="takes one option now, and 2 are ticked"):
        anew(question, fixed("one", "two"))
    assert anew(question, fixed("one")).score == 1


def test_another_scoring_rule_scores_anew() -> None:
    question = changed("Q1", ("type: multiple", "type: multiple\n    scoring: all-or-nothing"))
    after = anew(question, fixed("one", "two", "three"))
    assert (fixed("one", "two", "three").score, after.score, after.scoring) == (0.5, 0, "all-or-nothing")


def test_a_measured_answer_is_marked_by_its_own_value_against_the_ranges_of_now() -> None:
    question = changed("Q2", ("range: [0, 10]", "range: [0, 15]"), ("range: [10, 20]", "range: [15, 20]"))
    before = measured("short", 12.0, 13.0, 14.0)
    after = anew(question, before)
    assert (before.score, after.score) == (0, 1)
    assert after.correct_answers == ("short",) and after.evidence and before.evidence
    assert (after.evidence.value, after.evidence.run_id) == (12.0, before.evidence.run_id)
    assert "12.0 s" in after.verdict
    assert anew(question, measured("middle", 12.0, 13.0, 14.0)).score == 0


def test_a_value_near_a_new_edge_counts_for_both() -> None:
    question = changed("Q2", ("range: [0, 10]", "range: [0, 15]"), ("range: [10, 20]", "range: [15, 20]"))
    after = anew(question, measured("middle", 14.8, 14.9, 15.0))
    assert (after.score, after.accepted) == (1, (("short",), ("middle",)))


def test_another_reduction_is_made_of_the_values_that_were_kept() -> None:
    question = changed("Q2", ("measure: wall_s", "measure: wall_s\n      reduce: max"))
    before = measured("long", 9.0, 12.0, 25.0)
    after = anew(question, before)
    assert (before.score, after.score) == (0, 1) and after.evidence and after.evidence.value == 25.0


def test_a_reduction_of_values_that_were_not_kept_is_not_guessed() -> None:
    question = changed("Q2", ("measure: wall_s", "measure: wall_s\n      reduce: max"))
    before = measured("short", 5.0, 6.0, 7.0)
    assert before.evidence is not None
    bare = before.model_copy(update={"evidence": before.evidence.model_copy(update={"values": ()})})
    with pytest.raises(CannotMarkAnew, match="only the min is kept, and the max decides now"):
        anew(question, bare)


def test_another_measure_is_not_guessed() -> None:
    question = changed("Q2", ("measure: wall_s", "measure: time_to_first_token_s"))
    with pytest.raises(CannotMarkAnew, match=r"marked by wall_s in s, and .* asks for time_to_first_token_s"):
        anew(question, measured("short", 5.0, 6.0, 7.0))


def test_a_value_that_is_not_plausible_any_more_keeps_its_mark() -> None:
    question = changed("Q2", ("plausible: [0.1, 7200]", "plausible: [8, 7200]"))
    with pytest.raises(CannotMarkAnew, match=r"5\.00 s is outside"):
        anew(question, measured("short", 5.0, 6.0, 7.0))


def test_a_value_that_no_option_holds_any_more_keeps_its_mark() -> None:
    question = changed("Q2", ("range: [0, 10]", "range: [8, 10]"))
    with pytest.raises(CannotMarkAnew, match=r"No option of now holds 5\.00 s"):
        anew(question, measured("short", 5.0, 6.0, 7.0))


def test_a_fixed_answer_has_no_value_for_a_question_that_is_measured_now() -> None:
    before = fixed("one").model_copy(update={"submitted_answers": ("short",)})
    with pytest.raises(CannotMarkAnew, match="was marked by a fixed key"):
        anew(MEASURED, before)


def test_a_measured_answer_to_a_question_that_is_fixed_now_is_marked_by_the_key() -> None:
    before = measured("short", 5.0, 6.0, 7.0).model_copy(update={"submitted_answers": ("two",)})
    after = anew(FIXED, before)
    assert (after.score, after.evidence) == (0.5, None)


REFERENCE = """
      reference: {value: 12.0, unit: s, machine: a card, kind: measured, source: us}
      plausible"""


def by_reference(tick: str) -> Marking:
    """An answer on a machine that cannot make the run."""
    question = changed("Q2", ("\n      plausible", REFERENCE))
    marking = mark(question, [tick], runs=(), machine=NO_GPU, refusal="There is no card here.")
    assert marking.evidence is not None and marking.evidence.source == "reference"
    return marking


def test_a_corrected_reference_decides_as_it_is_now() -> None:
    question = changed("Q2", ("\n      plausible", REFERENCE.replace("12.0", "25.0")))
    before = by_reference("long")
    after = anew(question, before)
    assert (before.score, after.score) == (0, 1) and after.evidence and after.evidence.value == 25.0
    assert after.verdict.startswith("No run of your own decided this. A reference decides instead: 25.0 s")


def test_an_answer_whose_reference_is_gone_keeps_its_mark() -> None:
    with pytest.raises(CannotMarkAnew, match="has none any more"):
        anew(MEASURED, by_reference("middle"))
