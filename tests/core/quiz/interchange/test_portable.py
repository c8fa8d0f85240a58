import pytest

from core.quiz.bank import Question
from core.quiz.interchange.portable import portable
from core.quiz.scoring import Scheme
from tests.core.quiz.examples import LESSON, mini
from tests.core.quiz.interchange.examples import (
    MARKED_ALIKE,
    also_accepting,
    bank_of,
    clamped,
    every_answer,
    hard_question,
    multiple,
)


def percents(question: Question) -> dict[str, float]:
    (section,), _ = portable(bank_of(question))
    ids = [choice.id for choice in question.choices]
    return dict(zip(ids, (option.percent for option in section.questions[0].options), strict=True))


def said(question: Question) -> list[str]:
    return [line.message for line in portable(bank_of(question))[1].lines if line.question]


@pytest.mark.parametrize("scoring", ["plus-minus", "balanced"])
@pytest.mark.parametrize("right", range(1, 7))
@pytest.mark.parametrize("wrong", range(5))
def test_shares_added_up_give_the_banks_mark_for_every_answer(scoring: Scheme, right: int, wrong: int) -> None:
    question = multiple(right, wrong, scoring)
    found = percents(question)
    for ticked, score in every_answer(question):
        assert clamped(found, ticked) == pytest.approx(score, abs=1e-4), ticked


@pytest.mark.parametrize("question", MARKED_ALIKE, ids=lambda question: question.id)
def test_questions_of_the_lesson_are_marked_as_in_the_bank(question: Question) -> None:
    found = percents(question)
    for ticked, score in every_answer(question):
        assert clamped(found, ticked) == pytest.approx(score, abs=1e-4), ticked


def test_all_or_nothing_still_gives_nothing_for_a_wrong_tick_and_everything_for_the_key() -> None:
    question = multiple(2, 2, "all-or-nothing")
    found = percents(question)
    for ticked, score in every_answer(question):
        mark = clamped(found, ticked)
        assert mark == score or (set(ticked) < question.correct and 0 < mark < 1)
    assert any("some of the right options" in line for line in said(question))


def test_more_than_ten_right_options_are_said_to_differ() -> None:
    assert any("more than 10" in line for line in said(multiple(11, 1)))
    assert said(multiple(3, 1)) == []


def test_other_complete_answers_are_said_to_be_lost() -> None:
    assert any("other complete answers" in line for line in said(also_accepting(multiple(1, 2), "c0", "c1")))


def test_a_measured_question_takes_its_references_key_and_says_so() -> None:
    sections, log = portable(LESSON)
    found = {question.id: question for section in sections for question in section.questions}
    assert [option.percent for option in found["Q4"].options] == [0, 100, 0, 0]
    assert "16.3 s, measured on an AMD EPYC server CPU" in found["Q4"].text()
    assert "3.23 GiB, measured on an NVIDIA H200" in found["Q6"].text()
    assert any(line.question == "Q4" and "reference, b (16.3 s" in line.message for line in log.lines)
    assert not log.left_out and len(log.exported) == len(LESSON.questions)


def test_a_reference_near_an_edge_counts_for_both_neighbours() -> None:
    question = LESSON.question("Q4")
    assert question.key and question.key.reference
    reference = question.key.reference.model_copy(update={"value": 40.1})
    key = question.key.model_copy(update={"reference": reference})
    assert list(percents(question.model_copy(update={"key": key})).values()) == [0, 100, 100, 0]


def test_a_measured_question_without_a_reference_is_left_out_with_a_line() -> None:
    sections, log = portable(mini())
    assert [question.id for section in sections for question in section.questions] == ["Q1"]
    assert log.exported == ("Q1",) and log.left_out == ("Q2",)
    assert any(str(line).startswith("Q2: left out") for line in log.lines)


def test_a_reference_that_no_option_holds_leaves_the_question_out() -> None:
    question = LESSON.question("Q4")
    assert question.key
    key = question.key.model_copy(update={"no_match": "ungraded"})
    sections, log = portable(bank_of(question.model_copy(update={"key": key})))
    assert sections == () and log.left_out == ("Q4",) and "no option holds" in str(log)


def test_formulas_between_single_signs_are_mentioned_and_prices_and_code_are_not() -> None:
    assert any("formulas" in line for line in said(hard_question()))
    assert said(multiple(2, 2, about="It costs $5 today.", prompt="Take `$a$`, or $$b$$.")) == []


def test_categories_are_bank_and_section_with_slashes_doubled() -> None:
    sections, _ = portable(bank_of(multiple(2, 2), title="CPU/GPU/"))
    assert [section.path for section in sections] == ["$course$/top/CPU//GPU// /Lesson"]


def test_tags_are_topic_tags_and_difficulty_each_once() -> None:
    (section,), _ = portable(bank_of(multiple(2, 2, tags=("things", "more"))))
    assert section.questions[0].tags == ("things", "more", "easy")


def test_sources_stand_in_the_feedback() -> None:
    sections, _ = portable(LESSON)
    feedback = sections[0].questions[7].feedback
    assert feedback.endswith("- [PyTorch, Reproducibility](https://pytorch.org/docs/stable/notes/randomness.html)")
