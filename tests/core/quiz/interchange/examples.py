"""Questions that are hard to write down, and what the bank's own rules give for every set of ticks."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from core.quiz.bank import AlsoAccepted, Bank, Choice, Image, Question
from core.quiz.scoring import Scheme, score_any
from tests.core.quiz.examples import LESSON, mini

SMALL = mini()
HARD = (
    "`a = {b: ~c}` & <https://x.org/?a=1&b=2> ]]> $x_1 \\neq 0$ #1 ~ 100 % \\n // no 😀"
    "\n\n// comment?\n\n| a | b |\n|---|---|"
)
"""What Markdown, XML and GIFT each read as their own signs, a code span, maths, an emoji and empty lines."""


def bank_of(*questions: Question, **info: Any) -> Bank:
    """A bank of these questions, unchecked."""
    return SMALL.model_copy(update={"questions": questions, "bank": SMALL.bank.model_copy(update=info)})


def multiple(right: int, wrong: int, scoring: Scheme = "plus-minus", **changes: Any) -> Question:
    """A question with so many right and wrong options, right ones first."""
    choices = tuple(
        Choice(id=f"c{index}", letter=letter, text=f"Option {letter}", correct=index < right)
        for index, letter in zip(range(right + wrong), "abcdefghijkl", strict=False)
    )
    return SMALL.questions[0].model_copy(update={"choices": choices, "scoring": scoring, **changes})


def hard_question(**changes: Any) -> Question:
    """Every text of it is hard."""
    question = SMALL.questions[0]
    choices = [
        choice.model_copy(update={"text": f"{choice.id} {HARD}", "feedback": HARD}) for choice in question.choices
    ]
    texts = {"headline": HARD, "about": HARD, "prompt": HARD, "explanation": HARD, "title": "A:: {b} = ~c & ]]> \\ 😀"}
    return question.model_copy(update={"choices": tuple(choices), **texts, **changes})


def with_image(**changes: Any) -> Question:
    """A question with a picture beside its prompt."""
    return multiple(2, 2, image=Image(src="a picture (1).png", alt="Four cards"), **changes)


def also_accepting(question: Question, *ids: str) -> Question:
    """The question with another complete answer."""
    return question.model_copy(update={"also_accepted": (AlsoAccepted(choices=ids, feedback="Fine."),)})


def every_answer(question: Question) -> Iterator[tuple[tuple[str, ...], float]]:
    """Each set of ticks that can be submitted, with the score that the bank's rule gives."""
    ids = [choice.id for choice in question.choices]
    sizes = (1,) if question.type == "single" else range(1, len(ids) + 1)
    for ticked in (group for size in sizes for group in combinations(ids, size)):
        yield ticked, score_any(question.scoring, frozenset(ticked), [question.correct], len(ids))


def clamped(percents: dict[str, float], ticked: tuple[str, ...]) -> float:
    """How Moodle marks: the shares of what is ticked, added up, between 0 and 1."""
    return min(1.0, max(0.0, sum(percents[choice] for choice in ticked) / 100))


MARKED_ALIKE = [
    question
    for question in LESSON.questions
    if question.key is None and (question.type == "single" or question.scoring != "all-or-nothing")
]
"""Questions of the lesson whose rule other systems know too."""
