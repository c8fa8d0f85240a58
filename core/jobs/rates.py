"""How fast the steps of a run come: a line that grows, and a dot where a repeat has ended.

The lab's thread says at every step where it is (a microsecond); the reporter's thread makes a point of it now and then,
the rate between two steps that were both seen. A new stage, the next repeat, begins the line anew: what lies between,
reading the prompt or decoding the picture, is no step. A repeat's own rate counts from its first step to its last.
"""

from dataclasses import dataclass
from typing import Any

MOST_POINTS = 120
Point = tuple[int, float | None]
"""Steps done, and steps per second there; None where the line is broken."""


@dataclass(frozen=True)
class Mark:
    """A step of a stage, and when it was done, in seconds."""

    stage: str
    step: int
    at: float

    def rate_since(self, before: "Mark") -> float | None:
        """Steps per second from another step of the same stage to this one; None where there is no step between."""
        steps, seconds = self.step - before.step, self.at - before.at
        return steps / seconds if steps > 0 and seconds > 0 and self.stage == before.stage else None


class Rates:
    """The points of one count of steps; they stay when the count has ended.

    Args:
        steps: to which it counts.
    """

    def __init__(self, steps: int = 0) -> None:
        self.steps = steps
        self.points: list[Point] = []
        self.landed: list[Point] = []
        self._first: Mark | None = None
        self._last = Mark("", 0, 0.0)
        self._drawn: Mark | None = None
        self._is_told = False
        self._every = 1
        self._asked = 0

    def reached(self, stage: str, step: int, at: float) -> None:
        """A step is done, or a stage begins."""
        last = self._last
        if stage != last.stage or step < last.step:
            self._first, self._last = None, Mark(stage, step, at)
        elif step > last.step:
            self._last = Mark(stage, step, at)
            self._first = self._first or self._last

    def told(self, rate: float) -> None:
        """A rate that the lab itself gives for what it just did, where its steps are not what is counted."""
        self._is_told = True
        self._keep((self._last.step + 1, rate))

    def land(self) -> None:
        """A repeat has ended: its dot stands at the mean of its steps."""
        if self._is_told:
            self.landed.append(self.points[-1])
        elif self._first is not None and (rate := self._last.rate_since(self._first)) is not None:
            self.landed.append((self._last.step, rate))

    def sample(self) -> None:
        """Make a point of the steps since the last one; called a few times a second."""
        first, last, drawn = self._first, self._last, self._drawn
        if first is None or self._is_told or first.stage != last.stage:
            return
        is_new = drawn is None or drawn.stage != first.stage or drawn.at < first.at
        before = first if is_new or drawn is None else drawn
        rate = last.rate_since(before)
        self._asked += 1
        if rate is None or self._asked % self._every:
            return
        if is_new and self.points:
            self._keep((first.step, None))
        self._keep((last.step, rate))
        self._drawn = last

    def _keep(self, point: Point) -> None:
        self.points.append(point)
        if len(self.points) > MOST_POINTS:
            del self.points[1:-1:2]
            self._every *= 2

    def as_json(self) -> dict[str, Any]:
        """Both lists, the rates to four figures, and where the line will end."""
        return {"rates": _short(self.points), "repeat_rates": _short(self.landed), "rated_steps": self.steps}


def _short(points: list[Point]) -> list[Point]:
    return [(step, rate and float(f"{rate:.4g}")) for step, rate in points]
