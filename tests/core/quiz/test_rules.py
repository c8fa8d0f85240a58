"""Warnings: what is doubtful, and how an author accepts it."""

from pathlib import Path

import pytest

from core.quiz.checking import check_text
from core.quiz.problems import Problem
from tests.core.quiz.examples import MINI

EXTRA = """\
  - id: {id}
    title: More
    headline: Which?
    about: About it.
    prompt: Which one?
    type: single
    topic: things
    difficulty: easy
    lab: {{name: runtime}}
    choices:
      - {{id: one, letter: a, text: First, correct: {first}}}
      - {{id: two, letter: b, text: Second, correct: {second}}}
      - {{id: three, letter: c, text: Third, correct: false}}
    explanation: Because.
"""


def warnings_of(text: str) -> list[Problem]:
    bank, problems = check_text(text, "quiz_bank.yaml", Path())
    assert bank is not None, problems
    return problems


def test_a_question_without_explanation_is_a_warning_and_no_error() -> None:
    found = warnings_of(MINI.replace("    explanation: Because.\n  - id: Q2", "  - id: Q2"))
    assert [(problem.severity, problem.code, problem.where) for problem in found] == [
        ("warning", "no_explanation", "Q1")
    ]
    assert "warning: it has no explanation" in str(found[0])


def test_an_acknowledged_warning_is_silent() -> None:
    text = MINI.replace("    explanation: Because.\n  - id: Q2", "    acknowledged: [no_explanation]\n  - id: Q2")
    assert warnings_of(text) == []


def test_ticking_everything_is_a_warning_where_it_pays() -> None:
    text = MINI.replace("text: Third, correct: false", "text: Third, correct: true")
    found = warnings_of(text)
    assert {problem.code for problem in found} == {"blind_strategy"}
    assert any("ticking everything scores 0.67" in problem.message for problem in found)
    assert all("balanced" in problem.message for problem in found)


def test_balanced_scoring_answers_that_warning() -> None:
    text = MINI.replace("text: Third, correct: false", "text: Third, correct: true")
    assert warnings_of(text.replace("    type: multiple\n", "    type: multiple\n    scoring: balanced\n")) == []


def test_single_with_three_options_is_no_blind_strategy() -> None:
    assert warnings_of(MINI + EXTRA.format(id="Q3", first="true", second="false")) == []


@pytest.mark.parametrize(("second", "codes"), [("false", ["same_position"]), ("true", [])])
def test_all_keys_in_the_same_position_is_a_warning(second: str, codes: list[str]) -> None:
    first = "true" if second == "false" else "false"
    last = EXTRA.format(id="Q5", first=first, second=second)
    same = EXTRA.format(id="Q3", first="true", second="false") + EXTRA.format(id="Q4", first="true", second="false")
    assert [problem.code for problem in warnings_of(MINI + same + last)] == codes
