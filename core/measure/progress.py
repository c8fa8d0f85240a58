"""How a running lab talks to whoever waits for it."""

from typing import Any, Protocol


class Progress(Protocol):
    """Where a lab reports to. All methods are cheap; `report` and `check` are called at every step."""

    def report(
        self, stage: str, step: int = 0, steps: int = 0, text: str | None = None, bytes_per_s: float | None = None
    ) -> None:
        """Say what is going on.

        Args:
            stage: short phrase for the reader, e.g. "Loading Qwen3-0.6B".
            step, steps: n of m; 0 of 0 where there are no steps. Bytes of bytes while downloading.
            text: the text written so far, where there is text worth showing.
            bytes_per_s: rate, while downloading.
        """

    def landed(self, wall_s: float) -> None:
        """Say that a repeat (or a picture of a sweep) is done and how long it took, in seconds."""

    def preview(self, picture: bytes, step: int) -> None:
        """Show what the picture looks like after `step` steps: a PNG or JPEG of at most 15 kB."""

    def memory(self, facts: dict[str, Any]) -> None:
        """Say what is known of the run's memory; what was said before stays.

        Args:
            facts: `computed`: bytes by part, before anything is loaded; and with every reading, in bytes, `meter`:
                its name, `now`, `before`: at the baseline, `device`: all that the device has.
        """

    def rate(self, per_s: float) -> None:
        """Say how fast the pass was that just ended, where its steps do not tell: pictures per second of a batch."""

    def limit(self, steps_per_s: float) -> None:
        """Say how many steps a second the device allows at most, as soon as that is measured."""

    def value(self, name: str, step: int, value: float) -> None:
        """Say what a figure is after `step` steps that the page draws as a line while the run goes on."""

    def others_wait(self) -> bool:
        """Whether a long run should give way now: a short one of somebody else waits for this device."""
        return False

    def give_way(self) -> int:
        """Let short runs that wait go first, between two steps of this one, whose time stands still; gives how many."""
        return 0

    def check(self) -> None:
        """Raise RunCancelled or RunTimedOut if the run has to stop now."""


class SilentProgress:
    """Progress for tests and notebooks: nobody waits."""

    def report(
        self, stage: str, step: int = 0, steps: int = 0, text: str | None = None, bytes_per_s: float | None = None
    ) -> None:
        pass

    def landed(self, wall_s: float) -> None:
        pass

    def preview(self, picture: bytes, step: int) -> None:
        pass

    def memory(self, facts: dict[str, Any]) -> None:
        pass

    def rate(self, per_s: float) -> None:
        pass

    def limit(self, steps_per_s: float) -> None:
        pass

    def value(self, name: str, step: int, value: float) -> None:
        pass

    def others_wait(self) -> bool:
        return False

    def give_way(self) -> int:
        return 0

    def check(self) -> None:
        pass
