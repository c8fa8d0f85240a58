"""Every attempt of a class as one table: what was submitted, what counted, and what the mark rests on.

It begins with `student,question,attempt,score,max_score`, so that `python -m core stats` computes the same figures
from the file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.cells import Cell
from core.classroom.exports.files import Column, Table, iso
from core.quiz.marking import Marking

COUNTED = ("graded", "blank")
"""States that stand in the table. Asking for the answer is no attempt, and an ungraded answer counts nowhere; an empty
score would be read as a blank answer."""

COLUMNS = (
    Column("student", "text", "The handle that the student chose."),
    Column("question", "text", "Id of the question in the bank."),
    Column("attempt", "integer", "The student's attempts on the question, counted from 1."),
    Column("score", "number", "Score of this attempt; empty where it was left blank."),
    Column("max_score", "number", "The most that the question gives."),
    Column("submitted", "text", "Ids of the ticked options, in the bank's order, with spaces between."),
    Column("submitted_letters", "text", "Their letters at that time."),
    Column("key", "text", "Ids of the options that counted; complete answers that count alike stand between |."),
    Column("rule", "text", "How it was scored: single, or the scoring rule of a question with several right options."),
    Column("evidence_value", "number", "What decided a measured question, in evidence_unit; empty for a fixed key."),
    Column("evidence_unit", "text", "Unit of evidence_value."),
    Column("evidence_machine", "text", "The device that it was measured on."),
    Column("evidence_source", "text", "live: the student's own run. reference: the bank's value."),
    Column("evidence_kind", "text", "measured or estimate."),
    Column("run_id", "text", "The run that the mark rests on, a row of the table runs."),
    Column("predicted", "text", "Ids of what the student predicted before measuring."),
    Column("shown_order", "text", "Ids of the options as they stood on the student's page."),
    Column("bank_sha", "text", "SHA-256 of the bank that it was marked by."),
    Column("question_hash", "text", "SHA-256 of the question's content that it was marked by."),
    Column("marked_at", "text", "When it was submitted, ISO 8601 in UTC."),
    Column("is_regraded", "truth", "Whether it was marked anew after the bank had changed."),
)


@dataclass(frozen=True)
class AnswerRow:
    """One attempt. Options are named by their ids; `marked_at` is in seconds since 1970.

    Attributes:
        marking: what the answer was marked with, or after a regrade what it is marked with now.
        shown_order: empty where it is not known.
        predicted: empty without a prediction.
    """

    student: str
    question: str
    attempt: int
    marking: Marking
    bank_sha: str
    marked_at: float
    max_score: float = 1.0
    shown_order: Sequence[str] = ()
    predicted: Sequence[str] = ()
    is_regraded: bool = False


def answers_table(rows: Iterable[AnswerRow]) -> Table:
    """The table `answers`: one row per counted attempt, in the order given."""
    cells = [_cells(row) for row in rows if row.marking.state in COUNTED]
    return Table("answers", COLUMNS, tuple(tuple(found.get(column.name) for column in COLUMNS) for found in cells))


def _cells(row: AnswerRow) -> dict[str, Cell]:
    marking = row.marking
    found: dict[str, Cell] = {
        "student": row.student,
        "question": row.question,
        "attempt": row.attempt,
        "score": marking.score,
        "max_score": row.max_score,
        "submitted": " ".join(marking.submitted_answers),
        "submitted_letters": " ".join(option.letter for option in marking.feedback if option.chosen),
        "key": " | ".join(" ".join(answer) for answer in marking.accepted),
        "rule": "single" if marking.type == "single" else marking.scoring,
        "predicted": " ".join(row.predicted) or None,
        "shown_order": " ".join(row.shown_order) or None,
        "bank_sha": row.bank_sha,
        "question_hash": marking.question_hash,
        "marked_at": iso(row.marked_at),
        "is_regraded": row.is_regraded,
    }
    return found | _evidence(marking)


def _evidence(marking: Marking) -> dict[str, Cell]:
    evidence = marking.evidence
    if evidence is None:
        return {}
    return {
        "evidence_value": evidence.value,
        "evidence_unit": evidence.unit,
        "evidence_machine": evidence.machine,
        "evidence_source": evidence.source,
        "evidence_kind": evidence.kind,
        "run_id": evidence.run_id,
    }
