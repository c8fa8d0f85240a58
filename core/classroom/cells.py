"""One student at one question: what was predicted and answered there so far, as one small value.

cell = OPEN.predicted().after(0.5).after(1.0)
cell.first, cell.final, cell.attempts, cell.outcome        # 0.5, 1.0, 2, 'right'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from core.classroom.live_rows import Rows

Outcome = Literal["open", "predicted", "right", "partly", "wrong", "shown"]
Place = tuple[str, str]
"""Id of a person, id of a question."""


class Cell(NamedTuple):
    """How one student stands with one question.

    Attributes:
        first: score of the first attempt, 0 to 1; None without one. `final` is that of the last one.
        is_shown: the student asked for the answer.
    """

    is_predicted: bool = False
    first: float | None = None
    final: float | None = None
    attempts: int = 0
    is_shown: bool = False

    @property
    def outcome(self) -> Outcome:
        """The state in one word, by the last attempt."""
        if self.final is None:
            return "shown" if self.is_shown else "predicted" if self.is_predicted else "open"
        return "right" if self.final == 1 else "partly" if self.final > 0 else "wrong"

    def predicted(self) -> "Cell":
        """The same with a prediction."""
        return self._replace(is_predicted=True)

    def after(self, score: float | None) -> "Cell":
        """The same after one more stored answer; None is a student's wish to see the answer, which is no attempt."""
        if score is None:
            return self._replace(is_shown=True)
        first = score if self.first is None else self.first
        return self._replace(first=first, final=score, attempts=self.attempts + 1)

    def is_finished(self, max_attempts: int) -> bool:
        """Whether this student can answer no more: right, shown, or no attempt left."""
        return self.final == 1 or self.is_shown or self.attempts >= max_attempts


OPEN = Cell()


@dataclass(frozen=True)
class Sheet:
    """The cells in which something was done, and what was ticked there, as JSON, in the first and the last attempt."""

    cells: Mapping[Place, Cell]
    first: Mapping[Place, str]
    final: Mapping[Place, str]


def sheet_of(rows: Rows) -> Sheet:
    """Everybody's cells."""
    predicted, after = OPEN.predicted(), cache(Cell.after)  # few different cells, made over and over again
    cells = {(person, question): predicted for person, question, _, _ in rows.predicted}
    first: dict[Place, str] = {}
    final: dict[Place, str] = {}
    for person, question, text, score, _ in rows.attempts:
        place = person, question
        cells[place] = after(cells.get(place, OPEN), score)
        if score is not None:
            first.setdefault(place, text)
            final[place] = text
    return Sheet(cells, first, final)
