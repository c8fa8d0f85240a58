"""The student's own guess, before anything is measured. The first one stays."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from core.classroom.answers import predict, prediction_of
from core.quiz.bank import Question
from core.store.database import session
from core.store.tables import Prediction

FITS_ONE_ROW = 48  # characters of all options together that a 390-pixel screen still shows in one row


@dataclass(frozen=True)
class PredictionBlock:
    """The Predict part of one question page."""

    question: Question
    person: str

    @property
    def is_wanted(self) -> bool:
        """Whether a prediction has to be made before a run."""
        return self.question.predict == "required" and self._locked() is None

    @property
    def chosen(self) -> str | None:
        """What is selected but not yet locked in."""
        return st.session_state.get(self._key)

    def draw(self) -> None:
        """The choices, or what was locked in."""
        if self.question.predict == "none":
            return
        st.header("Predict", divider="gray")
        locked = self._locked()
        if locked is not None:
            self._show(locked)
            return
        self._choices(self._key)
        st.button(
            "Lock in",
            icon=":material/lock:",
            key=f"{self._key}_lock",
            on_click=self._lock_chosen,
            help="Choose above first." if not self.chosen else None,
        )

    def lock_or_ask(self) -> bool:
        """Lock what is selected; without a selection ask in a dialog. True when the run may go on."""
        if self.chosen:
            self._lock(self.chosen)
            return True
        st.dialog("Predict first")(self._ask)()
        return False

    @property
    def _key(self) -> str:
        return f"{self.question.id.lower()}_prediction"

    def _locked(self) -> Prediction | None:
        with session() as database:
            return prediction_of(database, self.person, self.question.id)

    def _choices(self, key: str) -> str | None:
        texts = {choice.id: choice.text for choice in self.question.prediction_choices}
        prompt = self.question.prediction.prompt if self.question.prediction else "Your guess, before you measure"
        if sum(map(len, texts.values())) <= FITS_ONE_ROW:
            return st.segmented_control(prompt, list(texts), format_func=texts.__getitem__, key=key)
        return st.radio(prompt, list(texts), index=None, format_func=texts.__getitem__, key=key)

    def _ask(self) -> None:
        picked = self._choices(f"{self._key}_dialog")
        if st.button("Lock in", type="primary", icon=":material/lock:", key=f"{self._key}_dialog_lock"):
            if not picked:
                st.caption("Choose one of the options first.")
                return
            self._lock(picked)
            st.rerun()

    def _lock_chosen(self) -> None:
        if self.chosen:
            self._lock(self.chosen)

    def _lock(self, choice: str) -> None:
        with session() as database:
            predict(database, self.person, self.question, [choice])

    def _show(self, locked: Prediction) -> None:
        texts = {choice.id: choice.text for choice in self.question.prediction_choices}
        words = ", ".join(texts.get(choice, choice) for choice in locked.choices)
        when = datetime.fromtimestamp(locked.created_at).astimezone()
        st.markdown(f":blue[:material/lock:] You predicted :blue[**{words}**], locked in at {when:%H:%M}.")
