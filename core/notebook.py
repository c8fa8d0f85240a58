"""The lesson in the cells of a notebook: no page, no server; the same questions, runs, records and marks.

    lesson = Lesson()
    lesson.ask("Q4")              # the question, its options, what can be predicted
    lesson.predict("Q4", "b")
    lesson.run("Q4")              # executes the model in this process and keeps the record
    lesson.answer("Q4", "b")      # marked by that run

Everything is kept in the installation's database (`VRAM_LAB_DATA_DIR`), as if it had been done on the pages.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.classroom import answers, predictions
from core.classroom.people import person_for_cookie
from core.classroom.runs import pictures
from core.errors import LabError
from core.jobs import claiming, queue
from core.jobs.worker import Worker
from core.measure.machine import this_machine
from core.quiz.bank import Bank, Question
from core.quiz.loading import current_bank
from core.quiz.marking import Marking
from core.runs.lab import Lab
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.records import WEIGHTS_FILE, row
from core.runs.registry import LABS
from core.store.database import migrate, session
from core.store.tables import Job, Run
from core.units import roughly

WHO = "somebody in a notebook"
"""Stands for the browser's cookie: the whole notebook is one person."""


class Told(str):
    """Markdown, which a notebook shows as such."""

    def _repr_markdown_(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Ran:
    """One run: its record, and the pictures that it made as PNG."""

    record: dict[str, Any]
    pngs: tuple[bytes, ...] = ()

    def _repr_html_(self) -> str:
        shown = "".join(
            f'<img width="256" src="data:image/png;base64,{base64.b64encode(png).decode()}">' for png in self.pngs
        )
        return f"<pre>{self}</pre>{shown}"

    def __str__(self) -> str:
        flat = {name: value for name, value in row(self.record).items() if value is not None}
        lines = [
            f"{name}: {value:.4g}" if isinstance(value, float) else f"{name}: {value}" for name, value in flat.items()
        ]
        error = self.record.get("error")
        return "\n".join([*lines, f"{error['message']} {error['remedy']}"] if error else lines)

    def save(self, folder: Path | str = ".") -> Path:
        """Write the record as `vram-lab-RUN.json` and the pictures beside it; gives the record's path."""
        path = Path(folder) / f"vram-lab-{self.record['id']}.json"
        path.write_text(json.dumps(self.record, indent=1))
        for number, png in enumerate(self.pngs, start=1):
            path.with_name(f"{path.stem}-{number}.png").write_bytes(png)
        return path


class Lesson:
    """The questions and labs of this installation, for one person.

    Args:
        source: whose weights every run takes: `hub`, `dummy`, `embedded`; None leaves it to each question.
    """

    def __init__(self, source: str | None = None) -> None:
        migrate()
        self.source = source
        self.bank: Bank = current_bank()[0]
        with session() as database:
            self.person: str = person_for_cookie(database, WHO).id
        gpus = [f"cuda:{gpu.index}" for gpu in this_machine().gpus]
        self._worker = Worker(["cpu", *gpus])

    def questions(self) -> Told:
        """Every question by id."""
        return Told("\n".join(f"- **{each.id}** {each.headline}" for each in self.bank.questions))

    def ask(self, question_id: str) -> Told:
        """What the question is about, what is asked, and its options; never the key."""
        question = self.bank.question(question_id)
        parts = [f"### {question.id} {question.headline}", question.about, f"**{question.prompt}**"]
        parts += ["\n".join(f"- **{choice.letter}** {choice.text}" for choice in question.choices), question.rule]
        if question.predict == "required":
            expected = "\n".join(f"- **{letter}** {text}" for letter, _, text in _predictable(question))
            parts.append(f"Predict before you run it: `lesson.predict({question.id!r}, …)`\n\n{expected}")
        return Told("\n\n".join(parts))

    def predict(self, question_id: str, letter: str) -> Told:
        """Lock in what you expect; the first prediction stays."""
        question = self.bank.question(question_id)
        known = {name: (choice, text) for name, choice, text in _predictable(question)}
        if letter not in known:
            return Told(
                f"{question.id} has no choice {letter!r} to predict. Choose one of {', '.join(known) or 'none'}."
            )
        return _told(lambda: self._predicted(question, *known[letter]))

    def run(self, question_id: str, **settings: Any) -> "Ran | Told":
        """Execute the question's lab here, with its settings or yours, and keep the record."""
        question = self.bank.question(question_id)
        if self._is_early(question):
            return Told(f"{question.id} asks what you expect first: `lesson.predict({question.id!r}, …)`.")
        return self._run(question.lab.name, question.lab.settings | settings, question)

    def lab(self, name: str, **settings: Any) -> "Ran | Told":
        """Execute a lab on its own, with any of its settings."""
        return self._run(name, settings, None)

    def answer(self, question_id: str, letters: str) -> Told:
        """Send an answer, `"b"` or `"acd"`; it is marked by your own run where the question is measured."""
        question = self.bank.question(question_id)
        chosen = [choice.id for choice in question.choices if choice.letter in letters]

        def send() -> str:
            with session() as database:
                sent = answers.submit_answer(
                    database,
                    self.person,
                    question,
                    chosen,
                    bank=self.bank,
                    machine=this_machine(),
                    refusal=_refusal(self._planned(question)),
                )
            return _marked(question, sent.shown, sent.attempts_left, sent.is_final)

        return _told(send)

    def _predicted(self, question: Question, choice: str, text: str) -> str:
        with session() as database:
            kept = predictions.predict(database, self.person, question, [choice])
        if kept.choices != [choice]:
            return "Your first prediction stays."
        return f"Locked in: {text}"

    def _is_early(self, question: Question) -> bool:
        with session() as database:
            return question.predict == "required" and predictions.wants_prediction(database, self.person, question)

    def _planned(self, question: Question) -> Plan:
        lab = LABS[question.lab.name]
        return plan(lab, parse_settings(lab, question.lab.settings), this_machine(), question.lab.fallback)

    def _run(self, name: str, settings: dict[str, Any], question: Question | None) -> "Ran | Told":
        try:
            lab = LABS[name]
            planned = self._plan(lab, settings, question)
            if planned.refusal is not None:
                raise planned.refusal
            with session() as database:
                job = queue.submit(
                    database,
                    person_id=self.person,
                    lab=lab.name,
                    settings=planned.queued(),
                    question_id=question.id if question else None,
                    device=planned.settings.device,
                    workload=planned.workload,
                )
        except LabError as error:
            return Told(_words(error))
        for reason in planned.reasons:
            print(reason)
        print(
            f"Running, about {roughly(job.expected_s)}." if job.expected_s else "Running; never timed on this machine."
        )
        return self._worked(job.id)

    def _worked(self, job_id: str) -> "Ran | Told":
        """Work the queue up to this run, as a worker does; on a database of one's own it is the only one."""
        while claimed := self._claimed():
            self._worker.work(claimed)
            if claimed.id == job_id:
                return self._result(job_id)
        return Told("Something else took the run: another worker runs on this database. Its record is kept there.")

    def _claimed(self) -> Job | None:
        with session() as database:
            return claiming.claim(database, self._worker.name, self._worker.devices)

    def _plan(self, lab: Lab, settings: dict[str, Any], question: Question | None) -> Plan:
        if self.source is not None and "source" in lab.settings.model_fields and "source" not in settings:
            settings = settings | {"source": self.source}
        fallback = question.lab.fallback if question else lab.page_fallback
        return plan(lab, parse_settings(lab, settings), this_machine(), fallback)

    def _result(self, job_id: str) -> "Ran | Told":
        with session() as database:
            run = database.scalar(select(Run).where(Run.job_id == job_id))
            if run is None:
                job = database.get_one(Job, job_id)
                error = job.error or {"message": "The run left no record.", "remedy": "Run it again."}
                return Told(f"{error['message']} {error['remedy']}")
            made = (each for each in pictures(database, run.id) if each.role != WEIGHTS_FILE)
            return Ran(run.record, tuple(picture.png for picture in made))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _predictable(question: Question) -> Sequence[tuple[str, str, str]]:
    """Letter, id and text of what can be predicted."""
    return [("abcdefghijkl"[at], each.id, each.text) for at, each in enumerate(question.prediction_choices)]


def _refusal(planned: Plan) -> str:
    return planned.refusal.message if planned.refusal else ""


def _marked(question: Question, marking: Marking, left: int, is_final: bool) -> str:
    parts = [f"**{marking.heading}.** {marking.verdict}" if marking.heading else marking.verdict]
    parts += [f"- **{each.letter}** {each.text}" for each in marking.feedback if each.text]
    if is_final:
        key = [question.letters[name] for name in marking.correct_answers]
        parts += [f"The answer: {', '.join(key)}." if key else "", question.explanation or ""]
    else:
        parts.append(f"{left} {'attempt' if left == 1 else 'attempts'} left.")
    return "\n\n".join(part for part in parts if part)


def _words(error: LabError) -> str:
    return f"**{error.message}** {error.remedy}"


def _told(act: Callable[[], str]) -> Told:
    try:
        return Told(act())
    except LabError as error:
        return Told(_words(error))
