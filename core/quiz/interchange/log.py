"""What an export could not take along, in sentences for the teacher."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LogLine:
    """One sentence; `question` is empty where it is about the whole bank."""

    question: str
    message: str

    def __str__(self) -> str:
        return f"{self.question}: {self.message}" if self.question else self.message


@dataclass(frozen=True)
class ExportLog:
    """Ids of what was exported and of what was left out, and a line for everything that differs from the bank."""

    exported: tuple[str, ...]
    left_out: tuple[str, ...]
    lines: tuple[LogLine, ...]

    def with_lines(self, *lines: LogLine) -> "ExportLog":
        """The same with more lines at its end."""
        return ExportLog(self.exported, self.left_out, (*self.lines, *lines))

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))
