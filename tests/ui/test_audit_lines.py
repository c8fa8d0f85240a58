from typing import Any

import pytest

from core.store.tables import AuditLine
from ui.teacher.students.audit_lines import told


@pytest.mark.parametrize(
    ("event", "details", "words"),
    [
        ("person_deleted", {"by": "student"}, "A student was deleted by the student"),
        ("class_expired", {"students": 30}, "A class was deleted on its last day with 30 students"),
        ("teacher_signed_in", {"way": "passcode"}, "A teacher signed in by passcode"),
        ("class_opened", {"class_id": "5f0c"}, "A class was opened"),
        ("sign_in_failed", {"browser": "3a7bd3e2"}, "A wrong passcode"),
        ("answers_regraded", {"class_id": "5f0c", "question_id": "Q4"}, "Answers were marked anew to Q4"),
        ("something_new", {"id": "5f0c"}, "Something new"),
    ],
)
def test_a_line_is_told_in_words_without_ids_and_hashes(event: str, details: dict[str, Any], words: str) -> None:
    assert told(AuditLine(id="1", at=0.0, event=event, details=details)) == words
