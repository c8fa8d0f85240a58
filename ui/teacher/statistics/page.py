"""The page: which attempt and which questions, then three tabs from the whole to one question."""

from datetime import datetime

import streamlit as st

from core.classroom.class_statistics import ClassStatistics, ClassWork, questions_of_test
from core.classroom.statistics import ATTEMPTS, FEW, Attempt
from core.store.tables import Class
from ui.plain import plain
from ui.teacher.guard import teachers_only
from ui.teacher.reading import Snapshot, details, overview, read_again, snapshot, work
from ui.teacher.statistics.items import items
from ui.teacher.statistics.one import one_question
from ui.teacher.statistics.whole import whole_test
from ui.teacher.statistics.words import percent, students, worth

WHOLE, ITEMS, ONE = TABS = ("The test", "Questions", "One question")
TAB, QUESTION = "statistics_tab", "statistics_question"
IN_ADDRESS = "question"


def statistics_page(room: Class) -> None:
    """Draw the page below its title."""
    now = snapshot(room.id)
    did = work(now)
    attempt, questions = _choices(room, did)
    found = overview(now, attempt, questions)
    if found is None:
        st.info("Nobody has answered a question of the test yet.", icon=":material/hourglass_empty:")
        return
    _header(now, did, found)
    whole, every, one = st.tabs(TABS, key=TAB, bind="query-params")
    if whole.open:
        with whole:
            whole_test(found)
    if every.open:
        with every:
            items(found, _open_question)
    if one.open:
        with one:
            _one(now, found)


def _choices(room: Class, did: ClassWork) -> tuple[Attempt, tuple[str, ...] | None]:
    """The attempt that counts, and the questions of the test where the teacher chose them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        attempt = st.segmented_control(
            "Which attempt counts",
            ATTEMPTS,
            default="first",
            required=True,
            format_func=lambda rule: f"{rule.title()} attempt",
            key="statistics_attempt",
            label_visibility="collapsed",
        )
        with st.popover("Questions of the test", icon=":material/checklist:"):
            questions = _questions(room, did)
        st.button("Read again", icon=":material/refresh:", on_click=teachers_only(read_again))
    return attempt, questions


def _questions(room: Class, did: ClassWork) -> tuple[str, ...] | None:
    chosen_here = st.toggle("Choose them yourself", key=f"statistics_choose_{room.id}")
    if not chosen_here:
        st.caption("The test is made of the questions that at least half of the students with an answer have answered.")
        return None
    picked = st.pills(
        "Questions",
        did.questions,
        selection_mode="multi",
        default=questions_of_test(did),
        key=f"statistics_questions_{room.id}",
        label_visibility="collapsed",
    )
    return tuple(picked)


def _header(now: Snapshot, did: ClassWork, found: ClassStatistics) -> None:
    read = datetime.fromtimestamp(did.read_at).astimezone()
    st.markdown(
        f"**{students(did.members)}** in the class, **{found.answering}** with an answer, **{found.complete}** reached "
        f"all of **{len(found.tested)} questions** · {found.attempt} attempt of each · bank `{now.bank.sha[:8]}` · "
        f"read at {read:%H:%M:%S}"
    )
    if told := worth(found.complete):
        is_few = found.complete < FEW
        (st.warning if is_few else st.info)(told, icon=":material/group:" if is_few else ":material/straighten:")
    notes = []
    if found.left_out:
        left = ", ".join(f"{name} ({n})" for name, n in found.left_out)
        notes.append(f"Left out of the test, with how many answered: {plain(left)}.")
    if did.other_bank:
        notes.append(f"{did.other_bank} answers were marked by another version of the bank.")
    if did.regraded:
        notes.append(f"{did.regraded} answers were marked anew after a change of the bank.")
    if notes:
        st.caption(" ".join(notes))


@teachers_only
def _open_question(question_id: str) -> None:
    st.session_state[QUESTION] = question_id
    st.session_state[TAB] = ONE


def _one(now: Snapshot, found: ClassStatistics) -> None:
    rows = {row.item.question: row for row in found.rows}
    names = {name: f"{name} · {row.title} ({percent(row.item.facility)})" for name, row in rows.items()}
    wanted = st.session_state.get(QUESTION) or st.query_params.get(IN_ADDRESS)
    st.session_state[QUESTION] = wanted if wanted in rows else next(iter(rows))
    picked = st.selectbox("Question", list(rows), format_func=names.__getitem__, key=QUESTION)
    row = rows[picked]
    st.query_params[IN_ADDRESS] = row.item.question
    one = details(now, found.attempt, found.tested, row.item.question)
    if one is None:
        st.info(
            f"The bank does not hold {plain(row.item.question)} any more, so only its figures in the table are left."
        )
        return
    one_question(one, found, row)
