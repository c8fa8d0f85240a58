"""What was done in this installation that somebody may ask about later, as a table. It names nobody."""

from datetime import datetime

import streamlit as st

from core.classroom.audit import lines
from core.store.database import session
from core.store.tables import AuditLine

NEWEST = 200
WORDS = {
    "class_opened": "A class was opened",
    "class_closed": "A class was closed",
    "class_reopened": "A class was opened again",
    "class_deleted": "A class was deleted",
    "class_expired": "A class was deleted on its last day",
    "last_day_set": "The last day of a class was set",
    "person_deleted": "A student was deleted",
    "student_renamed": "A student was renamed",
    "file_taken_along": "A file was taken along:",
    "answers_regraded": "Answers were marked anew to",
    "regrade_undone": "Marking anew was undone for",
    "personal_code_renewed": "A student got a new personal code",
    "teacher_signed_in": "A teacher signed in",
    "teacher_signed_out": "A teacher signed out",
    "sign_in_failed": "A wrong passcode",
    "sign_in_locked": "Signing in was locked after wrong passcodes",
    "sign_in_unlocked": "Signing in was unlocked on the server",
}
SHOWN = {
    "by": "by the {}",
    "way": "by {}",
    "students": "with {} students",
    "question_id": "{}",
    "answers": "{} answers",
}
"""Details that are told; ids and hashes are not."""


def audit_lines() -> None:
    """Draw the newest lines."""
    st.header("Activity log of this installation", divider="gray", anchor=False)
    with st.expander("In all classes of this installation, the newest first", icon=":material/history:"):
        with session() as database:
            found = lines(database, NEWEST)
        st.dataframe(
            [{"When": datetime.fromtimestamp(line.at), "What": told(line)} for line in found],
            hide_index=True,
            width="stretch",
            column_config={"When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss", width="small")},
        )


def told(line: AuditLine) -> str:
    """One line in words."""
    words = WORDS.get(line.event, line.event.replace("_", " ").capitalize())
    details = [SHOWN[name].format(value) for name, value in line.details.items() if name in SHOWN]
    return f"{words} {', '.join(details)}".strip()
