"""Made-up students: how much they know, how fast they are, what they have before them, how they choose."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from core.classroom.demo.machines import DemoMachine, some_machine
from core.quiz.bank import Question

Ending = Literal["goes on", "away", "stuck"]
DIFFICULTY = {"easy": -0.9, "medium": 0.0, "hard": 0.8}
GUESSED = 1.3
"""So much harder a question is before it was tried out."""
LEARNED = 0.5
"""So much easier it is with every further attempt."""


@dataclass(frozen=True)
class Student:
    """One of them.

    Attributes:
        ability: as in item response theory: 0 is the middle of the class, most lie between -2 and 2.
        pace: 1 is quick; 2, which is usual, takes twice as long for what a student does alone.
    """

    handle: str
    ability: float
    pace: float
    machine: DemoMachine
    ending: Ending


def a_student(handle: str, dice: Random) -> Student:
    """Anybody."""
    return Student(
        handle=handle,
        ability=dice.gauss(0.0, 1.1),
        pace=dice.lognormvariate(0.45, 0.3),
        machine=some_machine(dice),
        ending=dice.choices(("goes on", "away", "stuck"), (80, 12, 8))[0],
    )


def knows(student: Student, question: Question, dice: Random, ease: float = 0.0) -> bool:
    """Whether they have it right this time; `ease` above 0 makes that likelier."""
    logit = student.ability - DIFFICULTY[question.difficulty] + ease
    return dice.random() < 1 / (1 + math.exp(-logit))


def expected(student: Student, question: Question, dice: Random) -> list[str]:
    """What they predict."""
    ids = [choice.id for choice in question.prediction_choices]
    if question.prediction is None and question.key is None and knows(student, question, dice, -GUESSED):
        return sorted(question.correct, key=ids.index)
    return [_popular(question, ids, dice)]


def answered(student: Student, question: Question, key: Sequence[str], dice: Random, ease: float) -> list[str]:
    """What they tick, given the key that counts for them."""
    ids = [choice.id for choice in question.choices]
    if knows(student, question, dice, ease):
        return [name for name in ids if name in key]
    wrong = [name for name in ids if name not in key]
    if question.type == "single":
        return [_popular(question, wrong or ids, dice)]
    return _nearly(ids, set(key), question, dice)


def _nearly(ids: Sequence[str], key: set[str], question: Question, dice: Random) -> list[str]:
    """The key with one or two options the other way round, the popular ones first; never nothing."""
    turned = {_popular(question, ids, dice) for _ in range(dice.choice((1, 1, 2)))}
    ticked = [name for name in ids if (name in key) != (name in turned)]
    return ticked or [_popular(question, ids, dice)]


def _popular(question: Question, ids: Sequence[str], dice: Random) -> str:
    """One option; the same few mislead most people, whatever the seed."""
    own = Random(question.id)
    weights = {choice: own.random() ** 3 + 0.05 for choice in sorted(ids)}
    return dice.choices(list(ids), [weights[choice] for choice in ids])[0]
