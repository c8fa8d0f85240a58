"""What students chose, not only what they earned: the answers that distractors, shifts and measured keys are read from.

Response("ada", "Q2", attempt=1, choices=("vram_15", "disk_100"), key=("vram_15", "disk_100"), score=1.0, at=1.7e9)
"""

from dataclasses import dataclass

from core.classroom.statistics.marks import Answer


@dataclass(frozen=True)
class Response:
    """One attempt of one student.

    Attributes:
        attempt: 1, 2, 3, …
        choices: ids of the options that were chosen; empty where the question was left blank.
        key: ids of the options that counted for this student; where the key is measured, by the student's own run.
        score: 0 to 1; None where nothing was marked.
        at: when, in seconds since 1970.
    """

    student: str
    question: str
    attempt: int
    choices: tuple[str, ...]
    key: tuple[str, ...]
    score: float | None
    at: float

    def as_answer(self, max_score: float = 1.0) -> Answer:
        """The mark alone, for `marks_of`; `max_score` is what the question is worth."""
        return Answer(self.student, self.question, self.attempt, self.score and self.score * max_score, max_score)
