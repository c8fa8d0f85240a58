"""A figure that a lab follows while it runs, as a line: its points, thinned where they are many."""

from typing import Any

MOST_POINTS = 120


class Values:
    """The points of one figure.

    Args:
        name: what it is, for the page: `loss`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.points: list[tuple[int, float]] = []

    def add(self, step: int, value: float) -> None:
        """The figure after `step` steps. Of many points every second one goes, but for the first and the last."""
        self.points.append((step, value))
        if len(self.points) > MOST_POINTS:
            del self.points[1:-1:2]

    def as_json(self) -> dict[str, Any]:
        """Name and points, to four figures."""
        return {"name": self.name, "points": [(step, float(f"{value:.4g}")) for step, value in self.points]}
