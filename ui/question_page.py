"""The frame of a question page: about → code → predict → run → result → answer → feedback → next."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.quiz.bank import Question
from core.runs.parsing import parse_settings
from core.runs.registry import LABS
from ui.answer_card import AnswerCard
from ui.class_watch import class_watch
from ui.code_block import code_place
from ui.identity import identify, person_id
from ui.lesson import bank, progress_shown
from ui.navigation import question_link
from ui.paths import page_path
from ui.prediction import PredictionBlock
from ui.run_panel import RunPanel


def question_page(question_id: str) -> None:
    """Draw the page of one question of the bank."""
    person, question = person_id(), bank().question(question_id)
    class_watch(question_id)
    about, beside = _row("about")
    with about:
        progress = partial(_progress, _heading(question), question, person)
    with beside:
        code = code_place()
    run, answer = _row("work")
    with run:
        st.fragment(_predict_and_run, key=f"{question_id.lower()}_bench")(question, person, code)
    with answer:
        st.header("Answer", divider="gray", anchor=False)
        AnswerCard(question, person, _panel(question, person).refusal(), progress).draw()
        _neighbours(question_id)


def _predict_and_run(question: Question, person: str, code: DeltaGenerator) -> None:
    """Prediction and run, drawn alone when a prediction is locked in or a setting changed, which is much less work."""
    if identify() != person:  # joined or left a class in another tab
        st.rerun()
    panel = _panel(question, person)
    if panel.prediction:
        panel.prediction.draw()
    st.header("Run it", divider="gray", anchor=False)
    panel.draw(code)


def _panel(question: Question, person: str) -> RunPanel:
    lab = LABS[question.lab.name]
    return RunPanel(
        lab=lab,
        preset=parse_settings(lab, question.lab.settings),
        person=person,
        prefix=question.id.lower(),
        question=question,
        prediction=PredictionBlock(question, person),
    )


def _row(name: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Two places beside each other where the window has room for both, else one below the other (page.css)."""
    row = st.container(horizontal=True, horizontal_alignment="center", key=f"workspace_{name}")
    return row.container(), row.container()


def _heading(question: Question) -> DeltaGenerator:
    """Where the question stands, and what it is about; gives the place for the progress."""
    section = bank().section_of(question)
    ids = _ids_beside(question)
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    left.caption(f"{section.title}: question {ids.index(question.id) + 1} of {len(ids)}")
    place = right.container()
    st.title(question.headline, anchor=False)
    st.markdown(question.about)
    return place


def _progress(place: DeltaGenerator, question: Question, person: str) -> None:
    ids = _ids_beside(question)
    answered = progress_shown(person).within(ids).answered
    place.progress(answered / len(ids), text=f"{answered} of {len(ids)} answered")


def _ids_beside(question: Question) -> list[str]:
    """The questions of the same section."""
    return [each.id for each in bank().questions_of(bank().section_of(question))]


def _neighbours(question_id: str) -> None:
    """Links, not buttons: a link opens its page at the top."""
    questions = bank().questions
    at = [question.id for question in questions].index(question_id)
    st.space("small")
    left, right = st.columns(2)
    if at > 0:
        _link(left, questions[at - 1], ":material/arrow_back:")
    if at + 1 < len(questions):
        _link(right, questions[at + 1], ":material/arrow_forward:")
    else:
        with right.container(border=True):
            st.page_link(
                page_path("runs/report.py"), label="Your machine's report", icon=":material/summarize:", width="stretch"
            )


def _link(place: DeltaGenerator, question: Question, icon: str) -> None:
    with place.container(border=True):
        st.page_link(
            question_link(question.id), label=f"**{question.id}** · {question.title}", icon=icon, width="stretch"
        )
