"""The student's own guess, before anything is measured. The first one stays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st
from sqlalchemy.exc import DBAPIError

from core.classroom.answers import runs_of
from core.classroom.predictions import predict, prediction_of, wants_prediction
from core.errors import LabError
from core.measure.machine import this_machine
from core.quiz.bank import Question
from core.quiz.evidence import find_evidence
from core.quiz.predicted import outcome
from core.quiz.verdict import figure
from core.runs.records import Record
from core.store.database import session, session_by_statement
from core.store.tables import Prediction
from ui.class_watch import question_state
from ui.identity import identify
from ui.once import Once
from ui.trouble import told_of

FITS_ONE_ROW = 36  # characters of all options together that a 390-pixel screen still shows in one row


@dataclass(frozen=True)
class PredictionBlock:
    """The Predict part of one question page."""

    question: Question
    person: str

    @property
    def is_wanted(self) -> bool:
        """Whether a prediction has to be made before a run; as it was when this was drawn."""
        return self._stands[1]

    @property
    def chosen(self) -> str | None:
        """What is selected but not yet locked in."""
        return st.session_state.get(self._key)

    @property
    def words(self) -> str | None:
        """What was predicted, as it was offered; None before."""
        return prediction_words(self.question, self._locked) if self._locked else None

    def draw(self) -> None:
        """The choices, or what was locked in."""
        locked = self._locked
        if locked is None and (not self.is_wanted or question_state(self.question.id) != "open"):
            return
        if locked is not None:
            self._show(locked)
            return
        st.header("Predict", divider="gray", anchor=False)
        self._choices(self._key)
        st.button("Lock in", icon=":material/lock:", key=f"{self._key}_lock", on_click=self._lock_chosen)
        if told := st.session_state.pop(f"{self._key}_told", None):
            st.warning(told)

    def lock_or_ask(self, action: str = "") -> bool:
        """Lock what is selected; without a selection ask in a dialog. True when the run may go on.

        Args:
            action: what the dialog's button says; `was_asked` then tells the page once that it was pressed.
        """
        if not self.chosen:
            st.dialog("Predict first")(self._ask)(action)
            return False
        if told := self._lock(self.chosen):
            st.warning(told)
        return not told

    def was_asked(self) -> bool:
        """Whether the dialog has just locked a prediction in, so that what asked for it may go on."""
        return bool(st.session_state.pop(f"{self._key}_asked", False))

    @property
    def _key(self) -> str:
        return f"{self.question.id.lower()}_prediction"

    @property
    def _locked(self) -> Prediction | None:
        return self._stands[0]

    @Once
    def _stands(self) -> tuple[Prediction | None, bool]:
        """What was predicted, and whether it still has to be; as it was when this was drawn."""
        with session() as database:
            locked = prediction_of(database, self.person, self.question.id)
            return locked, locked is None and wants_prediction(database, self.person, self.question)

    def _choices(self, key: str) -> str | None:
        texts = {choice.id: choice.text for choice in self.question.prediction_choices}
        prompt = self.question.prediction.prompt if self.question.prediction else "Your guess, before you measure"
        # It is sent with the click that locks it in.
        kept: dict[str, Any] = {"key": key, "persist_state": "session", "on_change": "ignore"}
        if sum(map(len, texts.values())) <= FITS_ONE_ROW:
            picked = st.segmented_control(prompt, list(texts), format_func=texts.__getitem__, **kept)
        else:
            picked = st.radio(prompt, list(texts), index=None, format_func=texts.__getitem__, **kept)
        return str(picked) if picked else None

    def _ask(self, action: str) -> None:
        picked = self._choices(f"{self._key}_dialog")
        if not st.button(action or "Lock in", type="primary", icon=":material/lock:", key=f"{self._key}_dialog_lock"):
            return
        if told := self._lock(picked):
            st.warning(told)
        else:
            st.session_state[f"{self._key}_asked"] = bool(action)
            st.rerun()

    def _lock_chosen(self) -> None:
        """Before the page is drawn anew: keep what is selected, or note why it is not."""
        if identify() == self.person:  # they may have joined or left a class in another tab
            st.session_state[f"{self._key}_told"] = self._lock(self.chosen)

    def _lock(self, choice: str | None) -> str:
        """Keep the prediction; gives the reason where it cannot be taken, else nothing."""
        if not choice:
            return "Choose one of the options first."
        try:
            with session_by_statement() as database:
                predict(database, self.person, self.question, [choice])
        except (LabError, DBAPIError) as error:
            return told_of(error)
        return ""

    def _show(self, locked: Prediction) -> None:
        words = prediction_words(self.question, locked)
        when = datetime.fromtimestamp(locked.created_at).astimezone()
        told = f":blue[:material/lock:] You predicted :blue[**{words}**], locked in at {when:%H:%M}."
        st.markdown(f"{told} {self._measured()}")

    def verdict(self, record: Record) -> str:
        """What a run of theirs says to a prediction of its own, to stand beside the result; empty where it cannot."""
        found = outcome(self.question, self._locked.choices, record) if self._locked else None
        if found is None:
            return ""
        return f"You predicted :blue[**{self.words}**]. {found.sentence}{came_true(found.came_true)}"

    def _measured(self) -> str:
        """What the student's own run measured where the question asks for it, once there is one that decides.

        Not whether that is what they predicted: it would be the answer, and follows with it.
        """
        if self.question.key is None:
            return ""
        with session() as database:
            runs = runs_of(database, self.person, self.question)
        finding = find_evidence(self.question, runs, this_machine())
        found = finding.evidence
        if found is None or finding.state != "found" or found.source != "live":
            return ""
        return f"Your run measured :green[**{figure(found.value, found.unit)}**]."


def came_true(is_so: bool | None) -> str:
    """In words and by a sign, to follow a sentence; nothing where nobody can tell."""
    if is_so is None:
        return ""
    sign, told = (":green[:material/check:]", "As") if is_so else (":red[:material/close:]", "Not as")
    return f" {sign} {told} you predicted."


def prediction_words(question: Question, prediction: Prediction) -> str:
    """The predicted choices as they were offered; an id that the bank no longer has stands for itself."""
    texts = {choice.id: choice.text for choice in question.prediction_choices}
    return ", ".join(texts.get(choice, choice) for choice in prediction.choices)
