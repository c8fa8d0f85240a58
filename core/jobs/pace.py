"""How fast a count of steps goes on, and how long its rest will take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Where a count of steps began, and where it is. Bytes of a download count as steps."""

    first_step: int
    began_at: float
    step: int
    steps: int
    at: float

    def goes_on(self, step: int, steps: int) -> bool:
        """Whether a report continues this count; a lab may name a new stage within one count (repeat 2 of 3)."""
        return steps == self.steps and step >= self.step

    @property
    def step_s(self) -> float | None:
        """Seconds per step since the count's first report; None before the second."""
        done = self.step - self.first_step
        return (self.at - self.began_at) / done if done > 0 else None

    @property
    def left_s(self) -> float | None:
        """Seconds to the end of the count at this pace."""
        return None if self.step_s is None or not self.steps else max(0, self.steps - self.step) * self.step_s
