"""Marks an answer. Pure: a question, what was submitted and the person's run records in, a `Marking` out.

Parsing is not marking: an answer that is blank or names an unknown option is no attempt, and a measured question
without evidence is `needs_run`, not wrong. A marking carries everything it rests on, so that it can be read years
later, after the bank has changed.

    mark(bank.question("Q4"), ["s_20_to_40"], runs=records, machine=this_machine()).verdict
    'Your fastest run took 16.6 s. No option covers 10 to 20 seconds, so the nearest one counts.'
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from core.quiz.bank import Choice, Question
from core.quiz.evidence import Evidence, Finding, Record, find_evidence
from core.quiz.scoring import score_any
from core.quiz.verdict import of_finding, of_hits, of_ticks

if TYPE_CHECKING:
    from core.measure.machine import Machine

State = Literal["graded", "blank", "format_error", "needs_run", "implausible", "ungraded", "revealed"]


class ChoiceFeedback(BaseModel):
    """What there is to say about one option.

    Attributes:
        is_right: whether it counts.
        text: the bank's sentence for a chosen or an unchosen option; empty where it has none.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    letter: str
    chosen: bool
    is_right: bool
    text: str


class Marking(BaseModel):
    """The outcome of one submission.

    Attributes:
        state: `graded` is an attempt; `blank`, `format_error`, `needs_run`, `implausible` and `ungraded` (no option
            fits the value, and the bank does not take the nearest) are none. `revealed` is the key without an answer.
        type: the question's. Where it is not known, `multiple`, of which the least is shown early.
        submitted_answers: ids of the ticked options, in the question's order.
        correct_answers: the key.
        accepted: complete answers that count in full, the key first.
        score: 0 to 1, None unless graded.
        verdict: one or two sentences, with the student's own figure where it is measured.
        evidence: what a measured answer rests on.
        why_not: why the latest run does not decide, where another or none does.
    """

    model_config = ConfigDict(frozen=True)

    question_id: str
    question_hash: str
    state: State
    scoring: str
    type: Literal["single", "multiple"] = "multiple"
    submitted_answers: tuple[str, ...] = ()
    correct_answers: tuple[str, ...] = ()
    accepted: tuple[tuple[str, ...], ...] = ()
    score: float | None = None
    verdict: str = ""
    feedback: tuple[ChoiceFeedback, ...] = ()
    evidence: Evidence | None = None
    why_not: tuple[str, ...] = ()

    @property
    def uses_attempt(self) -> bool:
        """True where the submission counts as an attempt."""
        return self.state == "graded"

    @property
    def is_right(self) -> bool:
        """True for the full score."""
        return self.score == 1

    @property
    def heading(self) -> str:
        """The outcome in a word or two; empty where nothing was graded."""
        if self.score is None:
            return ""
        return "Right" if self.is_right else "Partly right" if self.score > 0 else "Not right"

    def as_dict(self) -> dict[str, Any]:
        """The marking as JSON values; `Marking.model_validate` reads it back."""
        return self.model_dump(mode="json")

    def before_final(self) -> "Marking":
        """The same without what gives the key away: to show while attempts are left.

        A single question keeps the feedback of the chosen option, which is wrong anyway. A multiple question keeps
        none, and its verdict says only how many ticks are right: marks beside the options would let somebody tick
        everything, read them off and answer right. The score in the verdict would tell how many are missing; that some
        are follows from right ticks alone that are not the whole answer.
        """
        evidence = self.evidence and self.evidence.model_copy(update={"key": ()})
        hidden: dict[str, Any] = {"correct_answers": (), "accepted": (), "evidence": evidence}
        chosen = tuple(item for item in self.feedback if item.chosen)
        if self.type == "single":
            return self.model_copy(update={**hidden, "feedback": chosen})
        if self.state == "graded":
            hits = sum(item.is_right for item in chosen)
            more = " Not every right option is ticked yet." if hits == len(chosen) and not self.is_right else ""
            hidden["verdict"] = of_hits(hits, len(chosen)) + more
        return self.model_copy(update={**hidden, "feedback": ()})


def mark(
    question: Question, submitted: Sequence[str], *, runs: Sequence[Record], machine: "Machine", refusal: str = ""
) -> Marking:
    """Mark an answer.

    Args:
        submitted: ids of the ticked options.
        runs: the person's run records, newest first; only measured questions look at them.
        machine: this machine.
        refusal: why this machine cannot make the run of a measured question, where the caller knows a reason.
    """
    ticked = tuple(choice.id for choice in question.choices if choice.id in submitted)
    blank = _marking(question, "blank", submitted_answers=ticked, verdict="Nothing is ticked, so no attempt was used.")
    if not submitted:
        return blank
    if errors := _format_errors(question, submitted):
        verdict = " ".join((*errors, "No attempt was used."))
        return blank.model_copy(update={"state": "format_error", "verdict": verdict})
    if question.key is None:
        return _mark_fixed(question, ticked)
    return _mark_measured(question, ticked, find_evidence(question, runs, machine, refusal))


def reveal(question: Question, *, runs: Sequence[Record], machine: "Machine", refusal: str = "") -> Marking:
    """The key without an answer, as far as it is known: a measured question may have none yet."""
    if question.key is None:
        keys = tuple(_ordered(question, answer) for answer in question.accepted)
        return _marking(question, "revealed", verdict="You asked for the answer.", **_told(question, (), keys))
    finding = find_evidence(question, runs, machine, refusal)
    verdict = of_finding(question, finding)
    return _marking(question, "revealed", verdict=verdict, **_told(question, (), _keys(finding)), **_found(finding))


def _mark_fixed(question: Question, ticked: tuple[str, ...]) -> Marking:
    accepted = question.accepted
    score = score_any(question.scoring, frozenset(ticked), accepted, len(question.choices))
    keys = tuple(_ordered(question, answer) for answer in accepted)
    verdict = of_ticks(question, frozenset(ticked), score)
    return _marking(question, "graded", score=score, verdict=verdict, **_told(question, ticked, keys))


def _mark_measured(question: Question, ticked: tuple[str, ...], finding: Finding) -> Marking:
    keys, verdict = _keys(finding), of_finding(question, finding)
    if finding.state != "found" or not keys:
        state: State = "ungraded" if finding.state == "found" else finding.state
        return _marking(question, state, submitted_answers=ticked, verdict=verdict, **_found(finding))
    score = 1.0 if ticked in keys else 0.0
    told = _told(question, ticked, keys)
    return _marking(question, "graded", score=score, verdict=verdict, **told, **_found(finding))


def _keys(finding: Finding) -> tuple[tuple[str, ...], ...]:
    known = finding.evidence if finding.state == "found" else None
    return tuple((choice,) for choice in known.key) if known else ()


def _found(finding: Finding) -> dict[str, Any]:
    return {"evidence": finding.evidence, "why_not": finding.why_not}


def _told(question: Question, ticked: tuple[str, ...], keys: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    """Everything in a marking that follows from what was ticked and what counts."""
    key = keys[0] if keys else ()
    right = next((answer for answer in keys if answer == ticked), key)
    feedback = tuple(_feedback(choice, choice.id in ticked, choice.id in right) for choice in question.choices)
    told = {"submitted_answers": ticked, "correct_answers": key, "accepted": keys}
    return {**told, "feedback": feedback if keys else ()}


def _feedback(choice: Choice, chosen: bool, is_right: bool) -> ChoiceFeedback:
    text = (choice.feedback if chosen else choice.feedback_unchosen) or ""
    return ChoiceFeedback(id=choice.id, letter=choice.letter, chosen=chosen, is_right=is_right, text=text)


def _format_errors(question: Question, submitted: Sequence[str]) -> tuple[str, ...]:
    unknown = [choice for choice in submitted if choice not in question.letters]
    errors = [f"{question.id} has no option {choice!r}." for choice in dict.fromkeys(unknown)]
    if question.type == "single" and len(set(submitted)) > 1:
        errors.append("This question takes one option.")
    return tuple(errors)


def _ordered(question: Question, ids: frozenset[str]) -> tuple[str, ...]:
    return tuple(choice.id for choice in question.choices if choice.id in ids)


def _marking(question: Question, state: State, **fields: Any) -> Marking:
    return Marking(
        question_id=question.id,
        question_hash=question.hash,
        state=state,
        scoring=question.scoring,
        type=question.type,
        **fields,
    )
