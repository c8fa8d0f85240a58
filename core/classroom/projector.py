"""What the whole room may see of a question: nobody's name, no key before the reveal, no count under 5.

    shown = project(live_now(class_id), question)
    shown.answered, shown.answers, shown.explanation       # 23, None while it is open, None until it is revealed

What may not be seen is not in the projection, so no page can show it by mistake. Counts by option come once the
question is closed, so that nobody follows the crowd.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.classroom.classes import QuestionState
from core.classroom.live import ClassNow, Votes
from core.classroom.measured import Spread
from core.classroom.suppression import Shown, of_one_choice, of_people, of_ticks
from core.quiz.bank import Choice, Question


@dataclass(frozen=True)
class Option:
    """An option as it is projected; `is_key` is False before the reveal, and where the key differs by student."""

    letter: str
    text: str
    is_key: bool


@dataclass(frozen=True)
class Tally:
    """How many chose each option.

    Attributes:
        people: how many chose at all; None under 5.
        labels: what stands beside the counts, where it is not the question's options.
        counts: None is hidden.
    """

    people: int | None
    counts: Shown
    labels: tuple[str, ...] = ()

    @property
    def is_shown(self) -> bool:
        """Whether any count is."""
        return any(count is not None for count in self.counts)


@dataclass(frozen=True)
class Projection:
    """One question for the whole room.

    Attributes:
        joined: how many are in the class.
        answered: how many of them have answered; None under 5.
        predictions: None while it is open, and where the question takes none; as are `answers`.
        also: what other complete answers count, in words; like `explanation` only at the reveal.
        measured: what the class measured, at the reveal of a measured question.
    """

    question_id: str
    headline: str
    prompt: str
    state: QuestionState
    joined: int
    answered: int | None
    options: tuple[Option, ...]
    predictions: Tally | None = None
    answers: Tally | None = None
    is_measured: bool = False
    measured: Spread | None = None
    also: tuple[str, ...] = ()
    explanation: str | None = None


def project(now: ClassNow, question: Question, measured: Spread | None = None) -> Projection:
    """What the room may see of a question now. `measured` is left out before the reveal."""
    found = now.question(question.id)
    is_revealed, is_open = found.state == "revealed", found.state == "open"
    return Projection(
        question_id=question.id,
        headline=question.headline,
        prompt=question.prompt,
        state=found.state,
        joined=len(now.students),
        answered=of_people(found.final.people),
        options=tuple(_option(choice, is_revealed) for choice in question.choices),
        predictions=None if is_open else _predictions(question, found.predictions),
        answers=None if is_open else _answers(question, found.final),
        is_measured=question.key is not None,
        measured=measured if is_revealed else None,
        also=tuple(other.feedback for other in question.also_accepted) if is_revealed else (),
        explanation=question.explanation if is_revealed else None,
    )


def _option(choice: Choice, is_revealed: bool) -> Option:
    return Option(choice.letter, choice.text, is_key=is_revealed and choice.correct is True)


def _predictions(question: Question, votes: Votes) -> Tally | None:
    choices = question.prediction_choices
    if not choices:
        return None
    is_one = question.prediction is not None or question.type == "single"
    labels = tuple(choice.text for choice in choices) if question.prediction else ()
    return _tally(votes, [choice.id for choice in choices], is_one, labels)


def _answers(question: Question, votes: Votes) -> Tally:
    return _tally(votes, [choice.id for choice in question.choices], question.type == "single")


def _tally(votes: Votes, ids: Sequence[str], is_one: bool, labels: tuple[str, ...] = ()) -> Tally:
    counts = [votes.by_choice.get(name, 0) for name in ids]
    shown = of_one_choice(counts) if is_one else of_ticks(counts, votes.people)
    return Tally(of_people(votes.people), shown, labels)
