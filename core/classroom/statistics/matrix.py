"""A table of counts: who went from which answer to which."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Matrix:
    """How many students went from a row to a column; `counts[row][column]`."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """All students in it."""
        return sum(map(sum, self.counts))


def matrix_of(pairs: Iterable[tuple[str, str]], rows: Sequence[str], columns: Sequence[str]) -> Matrix:
    """Count pairs of row and column; every label of a pair has to be among them."""
    found = Counter(pairs)
    counts = tuple(tuple(found[row, column] for column in columns) for row in rows)
    return Matrix(tuple(rows), tuple(columns), counts)
