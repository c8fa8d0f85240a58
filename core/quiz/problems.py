"""What is wrong with a bank, and where: one line each, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import LabError


@dataclass(frozen=True)
class Problem:
    """Something wrong (`error`) or doubtful (`warning`) in a bank.

    Attributes:
        severity: `error` or `warning`.
        file: the file as it was named.
        line, column: counted from 1.
        where: e.g. `Q7.choices[2].range`.
        message: what is wrong, and what to do.
        code: a word for it, e.g. `range_overlap`; a question's `acknowledged` names warnings by it.
    """

    severity: str
    file: str
    line: int
    column: int
    where: str
    message: str
    code: str

    @property
    def is_error(self) -> bool:
        """True where the bank cannot be used before this is repaired."""
        return self.severity == "error"

    def __str__(self) -> str:
        label = "" if self.is_error else "warning: "
        return f"{self.file}:{self.line}:{self.column} {self.where}: {label}{self.message}"


class BankErrors(LabError):
    """A bank cannot be used; `problems` holds every reason."""

    kind = "bank_errors"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "\n".join(str(problem) for problem in self.problems),
            "Repair the lines above, then check with: python -m core check-bank",
        )
