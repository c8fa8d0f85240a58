import pytest
from pydantic import ValidationError

from core.quiz.bank import Question
from tests.core.quiz.examples import LESSON, MINI, mini


def test_comments_and_layout_do_not_change_the_sha() -> None:
    assert mini(("schema:", "# a remark\nschema:")).sha == mini().sha


def test_a_changed_feedback_changes_the_questions_hash_and_the_sha() -> None:
    before, after = mini(), mini(("Three is wrong.", "Three is not it."))
    assert before.question("Q1").hash != after.question("Q1").hash
    assert before.question("Q2").hash == after.question("Q2").hash
    assert before.sha != after.sha


def test_a_question_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        mini().question("Q1").title = "Other"


def test_an_unknown_question_is_named_in_the_error() -> None:
    with pytest.raises(KeyError, match="Q99"):
        mini().question("Q99")


def test_prediction_takes_the_questions_own_choices_where_it_has_none() -> None:
    assert LESSON.question("Q4").prediction_choices[0].id == "under_10_s"
    assert LESSON.question("Q9").prediction_choices[2].id == "five_times"
    assert LESSON.question("Q1").prediction_choices == ()


def test_scoring_rule_of_a_single_question_is_not_about_ticks() -> None:
    assert mini().question("Q2").rule == "Choose one option."
    assert "each wrong tick" in mini().question("Q1").rule


@pytest.mark.parametrize(
    "text", ["a < b", "<https://example.org/>", "under 10 s", "`List<int>`", "x <= 3 > 2", "<10 s>"]
)
def test_text_that_only_looks_like_html_is_taken(text: str) -> None:
    assert mini(("About it.", repr(text))).question("Q1").about == text


@pytest.mark.parametrize("text", ["<b>bold</b>", "a<br>b", "<img src=x>", "<!-- no -->", "</div>", "<script>", "<br/>"])
def test_raw_html_is_refused(text: str) -> None:
    data = mini().question("Q1").model_dump()
    with pytest.raises(ValidationError, match="raw HTML"):
        Question.model_validate({**data, "about": text})


def test_mini_bank_is_the_documented_shape() -> None:
    assert MINI.count("- id: Q") == len(mini().questions)


def test_a_question_without_a_section_stands_in_the_first() -> None:
    bank = mini(
        ("questions:\n", "sections: [{id: a, title: A}, {id: b, title: B}]\nquestions:\n"),
        ("id: Q2\n", "id: Q2\n    section: b\n"),
    )
    assert [[question.id for question in bank.questions_of(section)] for section in bank.sections] == [["Q1"], ["Q2"]]


def test_where_a_question_stands_does_not_change_it() -> None:
    moved = mini(
        ("questions:\n", "sections: [{id: a, title: A}]\nquestions:\n"), ("id: Q2\n", "id: Q2\n    section: a\n")
    )
    assert moved.question("Q2").hash == mini().question("Q2").hash
