import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.quiz.bank import Bank, Question
from core.quiz.interchange import gift
from tests.core.quiz.examples import LESSON
from tests.core.quiz.interchange.examples import (
    HARD,
    bank_of,
    clamped,
    every_answer,
    hard_question,
    multiple,
    with_image,
)
from tests.core.quiz.interchange.gift_reader import Read, read_gift


def questions(bank: Bank) -> list[Read]:
    return [found for found in read_gift(gift(bank)[0]) if not found.category]


def only(question: Question) -> Read:
    (found,) = questions(bank_of(question))
    return found


@pytest.mark.parametrize("name", ["Q1", "Q2", "Q3", "Q8", "Q9", "Q10", "Q11"])
def test_what_is_read_back_marks_every_answer_as_the_bank_does(name: str) -> None:
    question = LESSON.question(name)
    found = only(question)
    percents = dict(zip(question.letters, (percent for percent, _, _ in found.options), strict=True))
    assert found.is_single == (question.type == "single")
    for ticked, score in every_answer(question):
        assert clamped(percents, ticked) == pytest.approx(score, abs=1e-4), ticked


def test_every_question_is_there_under_its_section_with_id_and_tags() -> None:
    found = read_gift(gift(LESSON)[0])
    categories = [read.category for read in found if read.category]
    assert categories == [f"$course$/top/{LESSON.bank.title}/{section.title}" for section in LESSON.sections]
    assert len(found) == len(LESSON.questions) + len(categories)
    seed = next(read for read in found if read.name == "Q8 Seed")
    assert seed.comment == "// [id:Q8] [tag:parameters] [tag:pictures] [tag:randomness] [tag:easy]"
    assert seed.feedback.startswith("The generator is a formula")
    assert seed.options[3] == (
        100.0,
        "It makes the output deterministic: the same again every time",
        "The same seed gives the same noise, and the rest of the program is a fixed calculation on it.",
    )


def test_hard_texts_survive() -> None:
    question = hard_question()
    found = only(question)
    assert found.name == f"Q1 {question.title}" and found.feedback == HARD
    assert found.text.startswith(f"**{HARD}**\n\n{HARD}\n\n{HARD}")
    assert [(text, feedback) for _, text, feedback in found.options] == [
        (f"{c.id} {HARD}", HARD) for c in question.choices
    ]


@pytest.mark.parametrize(
    "text", ["%50% of it", "[html]", "[link](x)", "// no comment", "=", "$CATEGORY: x", "\\", "TRUE", "->"]
)
@pytest.mark.parametrize("kind", ["single", "multiple"])
def test_an_option_that_looks_like_a_command_is_a_text(text: str, kind: str) -> None:
    question = multiple(1, 2, type=kind)
    choices = tuple(choice.model_copy(update={"text": text, "feedback": text}) for choice in question.choices)
    found = only(question.model_copy(update={"choices": choices, "prompt": text, "explanation": text}))
    assert [option[1:] for option in found.options] == [(text, text)] * 3
    assert [option[0] for option in found.options] == ([100, 0, 0] if kind == "single" else [100, -100, -100])
    assert found.feedback == text and text in found.text


@settings(deadline=None)
@given(
    st.text(
        st.one_of(st.sampled_from("\\~=#{}:%[]/$&n\n\r "), st.characters(exclude_categories=["Cs", "Co"])), min_size=1
    )
)
def test_any_text_comes_back_but_for_spaces_at_its_ends(text: str) -> None:
    question = multiple(1, 1, type="single", explanation=f"x{text}x", title=f"x{text}x".replace("\n", " "))
    choices = tuple(choice.model_copy(update={"text": f"x{text}x", "feedback": text}) for choice in question.choices)
    found = only(question.model_copy(update={"choices": choices}))
    plain = text.replace("\r", "")
    assert found.feedback == f"x{plain}x" and found.name == f"Q1 x{plain}x".replace("\n", " ")
    assert [option[1] for option in found.options] == [f"x{plain}x"] * 2
    assert {option[2] for option in found.options} == {plain.strip()}


def test_an_image_is_told_by_its_description_and_logged() -> None:
    text, log = gift(bank_of(with_image()))
    assert "*(Four cards)*" in text and "Q1: GIFT holds no images" in str(log)


def test_the_log_tells_to_keep_the_order_as_texts_name_letters() -> None:
    assert "Shuffle the choices" in str(gift(LESSON)[1])


def test_a_tag_cannot_end_its_bracket() -> None:
    assert only(multiple(1, 1, tags=("a] [id:x",))).comment.endswith("[tag:a\\] [id:x] [tag:easy]")


def test_a_bank_of_nothing_but_runs_is_an_empty_file() -> None:
    measured = LESSON.question("Q4")
    assert measured.key
    bare = measured.model_copy(update={"key": measured.key.model_copy(update={"reference": None})})
    text, log = gift(bank_of(bare))
    assert text == "" and log.left_out == ("Q4",) and log.exported == ()
