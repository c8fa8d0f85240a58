"""The answer: options, what came of it, and, once the question is closed, what there is to know.

The options go to the browser as texts alone; feedback, key and explanation follow only after an answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy.exc import DBAPIError

from core.classroom.answers import (
    Submission,
    last_submission,
    last_ticks,
    newer_evidence,
    reveal,
    shown_to_class,
    submit_answer,
)
from core.classroom.predictions import prediction_of
from core.classroom.regrading import regraded_at
from core.config import config
from core.errors import LabError
from core.measure.machine import this_machine
from core.quiz.bank import Question
from core.quiz.verdict import figure
from core.store.database import session, session_by_statement
from ui.class_watch import question_state
from ui.days import day
from ui.identity import identify, person_id
from ui.lesson import bank, forget_progress
from ui.plain import plain
from ui.prediction import came_true, prediction_words
from ui.problem import problem
from ui.trouble import told_of

STATES = {
    "needs_run": ("Run it first.", ":material/play_circle:"),
    "implausible": ("Check your run.", ":material/help:"),
    "blank": ("", ":material/edit:"),
    "format_error": ("", ":material/edit:"),
    "ungraded": ("Not marked.", ":material/help:"),
    "revealed": ("", ":material/visibility:"),
}
MARKS = {True: ":green[:material/check:]", False: ":red[:material/close:]"}


@dataclass(frozen=True)
class AnswerCard:
    """The Answer part of one question page.

    Attributes:
        refusal: why this machine cannot make the run, if it cannot.
        progress: draws how far the student is, elsewhere on the page: an answer changes that too.
    """

    question: Question
    person: str
    refusal: str = ""
    progress: Callable[[], None] = lambda: None

    def draw(self) -> None:
        """Form or closed options, then the outcome. An answer redraws this part alone, which is much less work."""
        st.fragment(self._draw, key=self._key("card"))()

    def _draw(self) -> None:
        if person_id() != self.person:  # joined or left a class in another tab
            st.rerun()
        self.progress()
        state = question_state(self.question.id)
        sent: Submission | None = st.session_state.pop(self._key("sent"), None)
        last = self._shown_to_class() if state == "revealed" else sent or self._last()
        if state == "closed":
            st.info("This question is closed in your class: your teacher opens it.", icon=":material/lock:")
        if state == "open" and (last is None or not last.is_final):
            self._form(last)
        elif state != "closed" or last is not None:
            self._options()
        if last is not None:
            self._outcome(last)
            if sent is None:  # what was sent this moment rests on the newest run and mark
                self._marked_anew(last)
                self._stale(last)
            self._explanation(last)

    def _shown_to_class(self) -> Submission:
        with session() as database:
            return shown_to_class(database, self.person, self.question, machine=this_machine(), refusal=self.refusal)

    def _last(self) -> Submission | None:
        with session() as database:
            return last_submission(database, self.person, self.question)

    def _key(self, name: str) -> str:
        return f"{self.question.id.lower()}_answer_{name}"

    def _form(self, last: Submission | None) -> None:
        # Not st.form: its unsent ticks are lost when a run that ends redraws the page.
        self._prompt()
        self._choices(last.answer.submitted_answers if last and last.answer else [])
        st.caption(f"{self.question.rule} {self._attempts(last)}")
        icon, key = ":material/task_alt:", self._key("send")
        st.button("Check my answer", type="primary", icon=icon, key=key, on_click=self._submit)
        if told := st.session_state.pop(self._key("refused"), None):
            st.warning(told)

    def _prompt(self) -> None:
        st.markdown(self.question.prompt)
        if self.question.image:
            st.image(config().bank.parent / self.question.image.src, alt=self.question.image.alt)

    def _choices(self, before: list[str]) -> None:
        """The options, at first as the last attempt ticked them; the choice is sent with the click on the button."""
        kept: dict[str, Any] = {"on_change": "ignore", "persist_state": "session"}
        if self.question.type == "multiple":
            for choice in self.question.choices:
                key, told = self._key(f"tick_{choice.id}"), f"{choice.letter} · {choice.text}"
                st.checkbox(told, choice.id in before, key=key, **kept)
            return
        names = {choice.id: f"{choice.letter} · {choice.text}" for choice in self.question.choices}
        st.radio(
            "Options",
            list(names),
            index=next((index for index, name in enumerate(names) if name in before), None),
            format_func=names.__getitem__,
            key=self._key("radio"),
            label_visibility="collapsed",
            **kept,
        )

    @property
    def _chosen(self) -> list[str]:
        """What is ticked in the form now."""
        if self.question.type == "single":
            picked = st.session_state.get(self._key("radio"))
            return [picked] if picked else []
        ids = [choice.id for choice in self.question.choices]
        return [name for name in ids if st.session_state.get(self._key(f"tick_{name}"))]

    def _attempts(self, last: Submission | None) -> str:
        left = self.question.max_attempts if last is None else last.attempts_left
        return f"{left} {'attempt' if left == 1 else 'attempts'} left."

    def _submit(self) -> None:
        """Before the page is drawn anew: mark what is ticked, or note why it is not taken."""
        if identify() != self.person:
            return
        try:
            with session_by_statement() as database:
                sent = submit_answer(
                    database,
                    self.person,
                    self.question,
                    self._chosen,
                    bank=bank(),
                    machine=this_machine(),
                    refusal=self.refusal,
                )
        except (LabError, DBAPIError) as error:
            st.session_state[self._key("refused")] = told_of(error)
        else:
            st.session_state[self._key("sent")] = sent
            forget_progress()

    def _options(self) -> None:
        """The options of a closed question, as the last answer ticked them."""
        self._prompt()
        with session() as database:
            ticked = last_ticks(database, self.person, self.question.id)
        with st.container(gap="xsmall"):
            for choice in self.question.choices:
                box = ":material/check_box:" if choice.id in ticked else ":material/check_box_outline_blank:"
                st.markdown(f"{box} **{choice.letter}** · {choice.text}")

    def _outcome(self, last: Submission) -> None:
        marking = last.shown
        if marking.state == "graded":
            draw = st.success if marking.is_right else st.warning if marking.score else st.error
            icon = (
                ":material/check_circle:"
                if marking.is_right
                else ":material/rule:"
                if marking.score
                else ":material/cancel:"
            )
            draw(f"**{marking.heading}.** {marking.verdict}", icon=icon)
        else:
            title, icon = STATES[marking.state]
            st.info(f"**{title}** {marking.verdict}" if title else marking.verdict, icon=icon)
        if marking.why_not:
            st.caption(f":material/info: Your latest run does not decide: {plain(' '.join(marking.why_not))}")
        if told := self._predicted(last):
            st.markdown(told)
        with st.container(gap="xsmall"):
            for item in marking.feedback:
                # Without an answer only what is right is told; after one the mark is for the decision, so that a wrong
                # option that was left out has a tick too.
                if item.text and (item.is_right or marking.state != "revealed"):
                    is_good = item.is_right if marking.state == "revealed" else item.chosen == item.is_right
                    st.markdown(f"{MARKS[is_good]} **{item.letter}** · {item.text}")

    def _predicted(self, last: Submission) -> str:
        """Of a measured question, once its answer is final: whether the run did what was predicted."""
        evidence = last.marking.evidence
        if not last.is_final or evidence is None or evidence.source != "live" or self.question.prediction:
            return ""
        with session() as database:
            predicted = prediction_of(database, self.person, self.question.id)
        if predicted is None:
            return ""
        words, value = prediction_words(self.question, predicted), figure(evidence.value, evidence.unit)
        is_so = bool(set(evidence.key).intersection(predicted.choices))
        return f"You predicted :blue[**{words}**]; your run measured **{value}**.{came_true(is_so)}"

    def _marked_anew(self, last: Submission) -> None:
        if last.answer is None:
            return
        with session() as database:
            at = regraded_at(database, last.answer.id)
        if at is not None:
            st.caption(f":material/grading: The question was changed; your teacher had this marked anew on {day(at)}.")

    def _stale(self, last: Submission) -> None:
        if last.answer is None or last.is_final or question_state(self.question.id) != "open":
            return
        with session() as database:
            if newer_evidence(database, self.person, self.question, last.answer):
                st.caption(
                    ":material/update: A newer run of yours counts for this question. "
                    "Send your answer again to have it marked by that one."
                )

    def _explanation(self, last: Submission) -> None:
        if not last.is_final:
            if (
                last.attempts
                and question_state(self.question.id) == "open"
                and st.button("Show the answer", icon=":material/visibility:", type="tertiary", key=self._key("reveal"))
            ):
                self._reveal()
            return
        if self.question.explanation:
            with st.container(border=True):
                st.markdown("**Why**")
                st.markdown(self.question.explanation)
                self._sources()

    def _sources(self) -> None:
        for source in self.question.sources:
            text = f"[{source.text}]({source.url})" if source.url else source.text
            st.markdown(f":small[Source: {text}]")

    def _reveal(self) -> None:
        try:
            with session_by_statement() as database:
                reveal(database, self.person, self.question, bank=bank(), machine=this_machine(), refusal=self.refusal)
        except LabError as error:
            st.warning(problem(error))
            return
        st.rerun()
