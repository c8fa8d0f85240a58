"""How a running lab talks to whoever waits for it."""

from typing import Protocol


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

    def check(self) -> None:
        pass
