"""The run block: settings, the button that says what it does, and a face for every state of the run.

The run itself happens in a worker process. This block writes a row when the button is clicked and reads one row a
second while a run is queued or running; a reload or a closed tab changes nothing.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import streamlit as st
from sqlalchemy.orm import Session
from streamlit.delta_generator import DeltaGenerator

from core.classroom.classes import ensure_runs
from core.classroom.runs import latest_run
from core.errors import LabError
from core.jobs import downloads, queue
from core.jobs.downloads import Arriving
from core.jobs.presence import present
from core.jobs.queue import Place
from core.measure.machine import this_machine
from core.models.catalog import CATALOG
from core.quiz.bank import Question
from core.quiz.evidence import reasons_against
from core.runs.lab import Lab
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.settings import LabSettings, ModelSettings
from core.store.database import session
from core.store.tables import Job, Run
from core.units import gb, gib, roughly, short_count
from ui.class_watch import question_state
from ui.code_block import code_block
from ui.downloads import before_download
from ui.labs import look_of
from ui.once import Once
from ui.own_choices import own_choices
from ui.plain import plain
from ui.prediction import PredictionBlock
from ui.problem import problem
from ui.prompt_hints import prompt_hints
from ui.recorded import recorded
from ui.results import result
from ui.results.memory_parts import computed_memory
from ui.run_states import active_card, failure_card, reference_card
from ui.savers import offer, offer_after
from ui.setting_words import TWIN, label, weights_words
from ui.settings_form import Form, as_widget

ACTIVE = ("queued", "running")


@dataclass(frozen=True)
class RunPanel:
    """One run block on one page.

    Attributes:
        prefix: start of every widget's key on this page.
        question: the question that the page asks, if any.
        prediction: what has to be locked in before a run, on a question page.
    """

    lab: Lab
    preset: LabSettings
    person: str
    prefix: str
    question: Question | None = None
    prediction: PredictionBlock | None = None

    def draw(self, code: DeltaGenerator) -> None:
        """Form, button, state, result.

        Args:
            code: the place above, where the program stands with the settings that will run.
        """
        job, _ = self._newest
        busy = job is not None and job.state in ACTIVE
        values, below = self.form.draw(disabled=busy)
        with below:
            hints = st.container()
            given = own_choices(self.form, self.person, values, self._fallback, disabled=busy)
        planned = None if given is None else self._plan({**values, **given})
        with code:
            code_block(self.lab, planned.settings if planned else self.preset)
        if planned is not None:
            with hints:
                prompt_hints(self.form, planned.settings, disabled=busy)
            self._button(planned, job if busy else None)
        self._state(job, busy)

    @Once
    def form(self) -> Form:
        """The widgets of the settings."""
        return Form(self.lab, self.preset, self.prefix, self._open_fields)

    @Once
    def _newest(self) -> tuple[Job | None, Run | None]:
        """What was asked for last on this page, and what was measured last; as it was when this was drawn."""
        with session() as database:
            job = queue.latest(database, self.person, lab=self.lab.name, question_id=self._question_id)
            return job, latest_run(database, self.person, self.lab.name, self._question_id)

    def _plan(self, values: dict[str, Any]) -> Plan | None:
        """The run that the settings describe, or an explanation on the page where they are out of range."""
        try:
            settings = parse_settings(self.lab, {**self.preset.model_dump(), **values}, partial(label, self.lab))
            return plan(self.lab, settings, this_machine(), self._fallback)
        except LabError as error:
            st.warning(problem(error), icon=":material/tune:")
            return None

    def _button(self, planned: Plan, job: Job | None) -> None:
        if job is not None:
            self._reference()
            computed_memory(planned, self._predicted_memory)
            return
        if self.question is not None and question_state(self.question.id) == "closed":
            st.caption(":material/lock: Nothing can be run while this question is closed in your class.")
            return
        if planned.refusal is not None:
            self._cannot(planned.refusal, planned)
            return
        self._reference()
        if not self._waits_for_prediction:
            computed_memory(planned, self._predicted_memory)
        label, key = self._label(planned), f"{self.prefix}_run"
        clicked = st.button(label, type="primary", icon=":material/play_arrow:", key=key, width="stretch")
        self._expectation(planned)
        was_asked = self.prediction is not None and self.prediction.was_asked()
        if (clicked or was_asked) and (not self._waits_for_prediction or self.prediction.lock_or_ask(label)):  # type: ignore[union-attr]
            self._submit(planned)

    def _cannot(self, refusal: LabError, planned: Plan) -> None:
        """This machine cannot: why, what can be done instead, and the reference once a prediction stands."""
        st.info(problem(refusal), icon=":material/block:")
        with st.container(horizontal=True):
            if self._waits_for_prediction:
                ready = st.button("Predict first", type="primary", icon=":material/lock:", key=f"{self.prefix}_predict")
                if ready and self.prediction.lock_or_ask():  # type: ignore[union-attr]
                    st.rerun()
            if planned.settings.device != "cpu" and not this_machine().gpus:
                st.button(
                    "Run on the CPU instead", icon=":material/memory:", key=f"{self.prefix}_cpu", on_click=self._use_cpu
                )
        if planned.proposal is not None:
            offer(self.form, planned.proposal)
        self._reference()

    def _reference(self) -> None:
        """What decides where this machine cannot run the question itself, once a prediction stands."""
        key = self.question.key if self.question else None
        if key and key.reference and not self._waits_for_prediction and self.refusal():
            reference_card(key.reference)

    def _label(self, planned: Plan) -> str:
        download = f"download {gb(planned.download_bytes)} and run" if planned.download_bytes else ""
        if self._waits_for_prediction:  # without one the button asks for it
            return f"Lock in, {download}" if download else "Lock in and run"
        if download:
            return f"D{download[1:]}"
        return "Run again" if self._newest[1] else "Run it"

    def _expectation(self, planned: Plan) -> None:
        """One line: what runs and how long it should take here; behind the sign why, and who is waiting."""
        with session() as database:
            expected = queue.expected_s(database, planned.workload)
            waiting = queue.waiting_lately(database)
        time = f"about {roughly(expected)} on this machine" if expected else "never timed on this machine"
        runs = weights_words(planned.settings) if isinstance(planned.settings, ModelSettings) else ""
        told = f"{runs}: {time}." if runs else f"{time.capitalize()}."
        warning = "" if expected or not planned.warning else f" {planned.warning}"
        ahead = f" {waiting} {'run is' if waiting == 1 else 'runs are'} waiting." if waiting else ""
        is_twin = isinstance(planned.settings, ModelSettings) and planned.settings.source == "embedded"
        more = [*planned.reasons, *([TWIN] if is_twin else [])]
        if planned.parameters and planned.weights_bytes:
            more.append(f"{short_count(planned.parameters)} parameters, {gib(planned.weights_bytes)} of weights.")
        st.caption(f"{told}{warning}{ahead}", help=" ".join(more) or None)
        for name in planned.missing:
            st.caption(before_download(CATALOG[name]))

    @property
    def _question_id(self) -> str | None:
        return self.question.id if self.question else None

    @property
    def _fallback(self) -> Literal["dummy", "embedded"] | None:
        return self.question.lab.fallback if self.question else self.lab.page_fallback

    @property
    def _open_fields(self) -> tuple[str, ...]:
        """What stands in the open: what a student is meant to play with. A measured question keeps its prompt."""
        look = look_of(self.lab.name)
        if self.question is None:
            return look.open_fields
        return () if self.question.key else look.question_fields

    @property
    def _predicted_memory(self) -> str | None:
        """What the student predicted, where the question asks for memory."""
        asks_memory = self.prediction is not None and self.prediction.question.meter is not None
        return self.prediction.words if self.prediction and asks_memory else None

    @property
    def _waits_for_prediction(self) -> bool:
        return self.prediction is not None and self.prediction.is_wanted

    def refusal(self) -> str:
        """Why this machine cannot run the question's own preset; empty where it can."""
        refusal = plan(self.lab, self.preset, this_machine(), self._fallback).refusal
        return refusal.message if refusal else ""

    def _use_cpu(self) -> None:
        """In the precision that a CPU computes in: in a GPU's float16 a picture can take half an hour."""
        st.session_state[f"{self.prefix}_device"] = "cpu"
        st.session_state[f"{self.prefix}_dtype"] = "auto"

    def _submit(self, planned: Plan) -> None:
        try:
            with session() as database:
                ensure_runs(database, self.person, self._question_id)
                queue.submit(
                    database,
                    person_id=self.person,
                    lab=self.lab.name,
                    settings=planned.queued(),
                    question_id=self._question_id,
                    device=planned.settings.device,
                    workload=planned.workload,
                    missing=planned.missing,
                )
        except LabError as error:
            st.warning(problem(error), icon=":material/hourglass:")
        else:
            st.rerun()

    def _state(self, job: Job | None, busy: bool) -> None:
        _, run = self._newest
        if busy and job is not None:
            st.fragment(self._poll, run_every=1)(job.id)
            if run is not None:
                st.caption("Your previous run:")
                result(run, key=f"{self.prefix}_before")
            return
        if job is not None and job.state in ("failed", "cancelled"):
            failure_card(job)
            offer_after(job, self.form)
        if run is not None:
            result(run, f"{self.prefix}_result", self.prediction.verdict(run.record) if self.prediction else "")
            self._evidence(run)
        elif job is None:
            with st.container():  # one place, which the card of a run then takes
                # What another machine measured would give away what is still to be predicted.
                if self._waits_for_prediction or not recorded(self.lab, self.preset, self.prefix):
                    st.container(border=True).caption(f"{self.lab.summary} The results will appear here.")

    def _evidence(self, run: Run) -> None:
        """Say so where the latest run does not decide a measured question, and offer the one that does."""
        if self.question is None or self.question.key is None:
            return
        reasons = reasons_against(self.question, run.record)
        if not reasons:
            return
        told = f"**This run does not decide {self.question.id}.** {plain(' '.join(reasons))}"
        st.info(told, icon=":material/info:")
        if not self.refusal():
            st.button(
                "Use the question's settings",
                icon=":material/restart_alt:",
                key=f"{self.prefix}_as_asked",
                on_click=self._as_asked,
            )

    def _as_asked(self) -> None:
        fields = type(self.preset).model_fields
        for name, value in self.preset.model_dump().items():
            st.session_state[f"{self.prefix}_{name}"] = as_widget(fields[name], value)

    def _poll(self, job_id: str) -> None:
        with session() as database:
            job = database.get(Job, job_id)
            waits = self._waits(database, job) if job is not None and job.state == "queued" else None
            is_served = bool(present(database, job.device)) if job is not None else True
        if job is None or job.state not in ACTIVE:
            st.rerun()
        active_card(job, waits, is_served, self._cancel, look_of(self.lab.name))

    @staticmethod
    def _waits(database: Session, job: Job) -> Place | Arriving:
        return downloads.arriving(database, job.id) or queue.place(database, job)

    def _cancel(self, job_id: str) -> None:
        with session() as database:
            queue.cancel(database, self.person, job_id)
