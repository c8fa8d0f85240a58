"""What somebody earns who answers a question blindly: the level that a facility has to beat.

guess_score(bank.question("Q1")).expected      # 53.3: four of four are right, so any ticks earn something
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.quiz.scoring import blind_scores, score_any

if TYPE_CHECKING:
    from core.quiz.bank import Question


@dataclass(frozen=True)
class Guess:
    """Mean score of answering without reading, in percent.

    Attributes:
        expected: one option drawn at random; where several can be ticked, every set but the empty one drawn alike.
        strategies: by what somebody does who knows nothing, `expected` among them.
    """

    expected: float
    strategies: dict[str, float]

    @property
    def best(self) -> float:
        """What the best of the blind strategies earns."""
        return max(self.strategies.values())


def guess_score(question: "Question") -> Guess:
    """The exact score of guessing.

    Where the key is measured, one of the k options counts for each student, so a guess earns 1/k. Near an edge two
    neighbours count; that is left aside, as it depends on the run.
    """
    ids = [choice.id for choice in question.choices]
    accepted = question.accepted or (frozenset(ids[:1]),)
    is_single = question.type == "single"
    found = blind_scores(question.scoring, accepted, ids, is_single)
    if not is_single:
        found["ticking the first"] = score_any(question.scoring, frozenset(ids[:1]), accepted, len(ids))
    expected = found["guessing" if is_single else "ticking by coin"]
    return Guess(100 * expected, {strategy: 100 * value for strategy, value in found.items()})
