"""A row for each question: its state, who is where, and behind it what was predicted and answered, option by option."""

from collections.abc import Sequence

import streamlit as st

from core.classroom.activity import Activity
from core.classroom.advice import advice
from core.classroom.live import ClassNow, QuestionNow, Votes
from core.quiz.bank import Choice, Question
from ui.colours import Meaning
from ui.teacher.option_bars import Bar, option_bars
from ui.teacher.question_buttons import badge, question_buttons, set_questions

NOW: tuple[Activity, ...] = ("running", "queued", "stuck")


def live_questions(now: ClassNow, questions: Sequence[Question]) -> None:
    """Draw the rows, and buttons for all of them above."""
    _for_all(now, [question.id for question in questions])
    for question in questions:
        _row(now, question)


def _for_all(now: ClassNow, ids: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Open all {len(ids)}",
            icon=":material/lock_open:",
            on_click=set_questions,
            args=(now.room.class_id, ids, "open"),
            disabled=not now.room.is_open,
        )
        # A revealed question stays so: closed, it would take the key from those who had not finished.
        opened = [name for name in ids if now.question(name).state == "open"]
        st.button(
            f"Close the {len(opened)} that are open" if opened else "None is open",
            icon=":material/lock:",
            on_click=set_questions,
            args=(now.room.class_id, opened, "closed"),
            disabled=not opened,
        )


def _row(now: ClassNow, question: Question) -> None:
    found = now.question(question.id)
    with st.container(border=True, key=f"live_{question.id}", gap="xsmall"):
        left, right = st.columns([5, 3], vertical_alignment="center")
        left.markdown(f"**{question.id}** · {question.title} {badge(found.state)}  \n{_told(found, len(now.students))}")
        with right.container(horizontal=True, horizontal_alignment="right"):
            question_buttons(now.room.class_id, question.id, found.state, now.room.is_open)
        choices = st.expander(
            "Predictions and answers", key=f"live_{question.id}_choices", on_change="rerun", type="compact"
        )
        if choices.open:
            with choices:
                _choices(question, found)


def _told(found: QuestionNow, joined: int) -> str:
    parts = [f"**{found.final.people}** of {joined} answered"]
    if found.predictions.people:
        parts.append(f"{found.predictions.people} predicted")
    parts += [f"{found.doing[activity]} {activity}" for activity in NOW if found.doing.get(activity)]
    told = advice(found.right, found.final.people)
    return f"{', '.join(parts)}. By last answers {told}" if told else f"{', '.join(parts)}."


def _choices(question: Question, found: QuestionNow) -> None:
    if question.prediction:
        st.markdown(f"**Predicted:** {question.prediction.prompt}")
        for guess in question.prediction.choices:
            _option(guess.text, [_bar("predicted", found.predictions, guess.id)])
        st.markdown(f"**Answered:** {question.prompt}")
    for choice in question.choices:
        bars = [_bar("first", found.first, choice.id), _bar("last", found.final, choice.id)]
        if question.prediction_choices and not question.prediction:
            bars.insert(0, _bar("predicted", found.predictions, choice.id))
        _option(_worded(choice), bars)
    if question.key is not None:
        people = found.final.people
        st.caption(f"The key is each student's own run: {found.right} of {people} last answers say what it measured.")
    if question.type == "multiple":
        st.caption("Several options can be ticked, so the shares add up to more than 100 %.")


def _worded(choice: Choice) -> str:
    key = " :green-badge[:material/check: right]" if choice.correct else ""
    return f"**{choice.letter}** · {choice.text}{key}"


def _option(text: str, bars: Sequence[Bar]) -> None:
    left, right = st.columns([2, 3], vertical_alignment="center")
    left.markdown(text)
    with right:
        option_bars(bars)


def _bar(name: str, votes: Votes, choice_id: str) -> Bar:
    meaning: Meaning = "predicted" if name == "predicted" else "quiet" if name == "first" else "text"
    return Bar(name, votes.by_choice.get(choice_id, 0), votes.people, meaning)
