"""Questions that were changed after the class had answered them: a preview of what a regrade does, and the regrade."""

from collections.abc import Callable

import streamlit as st

from core.classroom.regrading import Change, ChangedQuestion, Outcome, changed_questions, counts, preview, regrade
from core.errors import LabError
from core.quiz.bank import Question
from core.store.database import session
from core.store.tables import Class
from ui.lesson import bank
from ui.plain import plain
from ui.problem import problem
from ui.teacher.guard import teachers_only
from ui.teacher.marks_table import changes_table

CHOSEN = "marks_question"
TOLD = "marks_told"
"""What the last regrade or undo said, until it was shown: its words, and whether it was refused."""
LABELS: dict[Outcome, tuple[str, str, str]] = {
    "better": ("Better", ":material/arrow_upward:", "Their score rises."),
    "worse": ("Worse", ":material/arrow_downward:", "Their score falls."),
    "same": ("Same", ":material/equal:", "Their score stays; what they read beside it may change."),
    "kept": (
        "Kept",
        ":material/block:",
        "The bank of now cannot mark them, so they keep their mark; the table says why.",
    ),
}


def told() -> None:
    """Say once what came of the last click, wherever on the page that was; a refusal stays until it was read."""
    words, is_refused = st.session_state.pop(TOLD, ("", False))
    if words and is_refused:
        st.toast(words, icon=":material/error:", duration="infinite")
    elif words:
        st.toast(words, icon=":material/check:", duration="long")


def changed(room: Class) -> None:
    """Draw the questions to choose from, then the preview of the one chosen."""
    with session() as database:
        found = {each.question_id: each for each in changed_questions(database, room.id, bank())}
    st.header("Changed since they were answered", divider="gray", anchor=False)
    if not found:
        st.info(
            "No question has changed since your students answered it, so every mark is up to date. The marks "
            "themselves are under Exports.",
            icon=":material/task_alt:",
        )
        return
    st.markdown("Marks stay as given when the bank changes. Choose a question to see what marking it anew would do.")
    _gone([each for each in found.values() if each.is_gone])
    names = {name: _name(each) for name, each in found.items() if not each.is_gone}
    if not names:
        return
    if st.session_state.get(CHOSEN) not in names:
        st.session_state.pop(CHOSEN, None)
    picked = st.pills(
        "Preview",
        list(names),
        default=next(iter(names)) if len(names) == 1 else None,
        format_func=names.__getitem__,
        key=CHOSEN,
    )
    if picked is not None:
        _preview(room, bank().question(picked))


def _name(each: ChangedQuestion) -> str:
    return f"{each.question_id} · {each.answers} {_answers(each.answers)}"


def _answers(count: int) -> str:
    return "answer" if count == 1 else "answers"


def _gone(gone: list[ChangedQuestion]) -> None:
    if gone:
        names = ", ".join(f"{plain(each.question_id)} ({each.answers} {_answers(each.answers)})" for each in gone)
        st.caption(f"No longer in the bank, so the marks stay as they are: {names}.")


def _preview(room: Class, question: Question) -> None:
    with session() as database:
        changes = preview(database, room.id, question)
    st.subheader(f"{question.id} · {plain(question.title)}", anchor=False)
    outcomes(counts(changes))
    if markable := [change for change in changes if change.after is not None]:
        _mean(markable)
        _button(room, question, len(markable))
    changes_table(changes, question, key="marks_preview")


def outcomes(found: dict[Outcome, int]) -> None:
    """The four counts in large figures."""
    shown = [outcome for outcome in LABELS if outcome != "kept" or found[outcome]]
    for place, outcome in zip(st.columns(len(shown)), shown, strict=True):
        label, icon, meaning = LABELS[outcome]
        place.metric(label, found[outcome], help=meaning, icon=icon, border=True)


def _mean(changes: list[Change]) -> None:
    before, after = (
        sum((marking.score or 0.0) if marking else 0.0 for marking in markings) / len(changes)
        for markings in ([each.before for each in changes], [each.after for each in changes])
    )
    st.markdown(
        f"Mean score of these {len(changes)} {_answers(len(changes))}: **{before:.0%} → {after:.0%}**. Whoever is "
        "right then is done with the question; whoever is not any more may use the attempts that are left."
    )


def _button(room: Class, question: Question, count: int) -> None:
    st.button(
        f"Mark {count} {_answers(count)} anew",
        type="primary",
        icon=":material/grading:",
        key="marks_regrade",
        on_click=_regrade,
        args=(room.id, question.id, question.hash),
        help="It can be undone below.",
    )


@teachers_only
def _regrade(class_id: str, question_id: str, seen: str) -> None:
    def act() -> str:
        now = bank()
        question = next((each for each in now.questions if each.id == question_id), None)
        if question is None:
            return f"{plain(question_id)} is no longer in the bank; nothing was changed."
        with session() as database:
            regrade(database, class_id, question, now, seen=seen)
        return f"{plain(question_id)} was marked anew."

    say(act)


def say(act: Callable[[], str]) -> None:
    """Do something to marks and keep what there is to say of it for the page that is drawn next."""
    try:
        st.session_state[TOLD] = act(), False
    except LabError as error:
        st.session_state[TOLD] = problem(error), True
