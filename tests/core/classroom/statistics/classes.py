"""Classes to test the statistics with: their marks, and what they chose."""

from collections.abc import Sequence

from hypothesis import strategies as st

from core.classroom.statistics import Answer, Response

Rows = Sequence[Sequence[float]]

EIGHT = [
    [1, 1, 1, 1, 1],
    [1, 1, 0.5, 1, 0],
    [1, 0, 0.5, 1, 1],
    [1, 1, 0, 0, 0],
    [0, 1, 0.5, 0, 1],
    [1, 0, 0, 0, 0],
    [0, 0, 1, 0, 0],
    [1, 0, 0, 1, 0],
]
"""Eight students on five questions of one mark each."""


def answers(rows: Rows, max_score: float = 1.0) -> list[Answer]:
    """A student per row, a question per column."""
    return [
        Answer(f"s{student}", f"Q{column + 1}", 1, score * max_score, max_score)
        for student, row in enumerate(rows)
        for column, score in enumerate(row)
    ]


def response(
    student: str, question: str, choices: str, key: str = "a", *, attempt: int = 1, score: float | None = None
) -> Response:
    """One attempt; every letter is an option. Without a score it is right or wrong, or None if nothing was chosen."""
    earned = score if score is not None else float(choices == key) if choices else None
    return Response(student, question, attempt, tuple(choices), tuple(key), earned, 1.7e9 + attempt)


def tables(smallest: int = 2, largest: int = 15) -> st.SearchStrategy[list[list[float]]]:
    """Marks of a class on one to six questions, parts of a mark included."""
    marks = st.sampled_from([0.0, 1.0, 0.5, 1 / 3, 2 / 3, 0.1, 0.2, 0.7])
    return st.integers(1, 6).flatmap(
        lambda questions: st.lists(
            st.lists(marks, min_size=questions, max_size=questions), min_size=smallest, max_size=largest
        )
    )
