"""What the bank as it is now says of an answer that another bank marked. Pure: a question and a marking in.

    marked_anew(bank.question("Q4"), stored)      # a Marking, or CannotMarkAnew with the reason

A fixed key marks the stored choice ids anew. A measured key marks by what is frozen with the answer: the value that
the student's run gave then, against the ranges of now. Which runs count is not asked again, since that run was made for
the question as it stood. A reference is the bank's own value, so the one of now decides.

What cannot be said is not guessed: an answer that ticks an option which is no longer there keeps its mark.
"""

from typing import TYPE_CHECKING

from core.errors import LabError
from core.quiz.bank import Choice, Key, Question
from core.quiz.evidence import REDUCE, Evidence, Finding, options_for
from core.quiz.marking import ChoiceFeedback, Marking, mark
from core.quiz.verdict import figure, of_finding

if TYPE_CHECKING:
    from core.measure.machine import Machine

NO_RUN = "No run of your own decided this."


class CannotMarkAnew(LabError):
    """An answer that the present bank cannot mark; it keeps the mark that it has."""

    kind = "cannot_mark_anew"


def marked_anew(question: Question, before: Marking, machine: "Machine") -> Marking:
    """The marking that the question as it is now gives an answer.

    Args:
        machine: this machine; nothing is measured on it, and no figure depends on it.

    Raises:
        CannotMarkAnew: the answer ticks what is no longer there, or was not marked by what now decides.
    """
    gone = [choice for choice in before.submitted_answers if choice not in question.letters]
    if gone:
        raise _cannot(f"{_options(gone)} no longer in the bank.")
    if question.type == "single" and len(before.submitted_answers) != 1:
        raise _cannot(f"The question takes one option now, and {len(before.submitted_answers)} are ticked.")
    if question.key is None:
        return mark(question, before.submitted_answers, runs=(), machine=machine)
    return _by_evidence(question, question.key, before)


def _by_evidence(question: Question, key: Key, before: Marking) -> Marking:
    evidence = _evidence_now(key, before.evidence)
    options, gap = options_for(question, evidence.value)
    evidence = evidence.model_copy(update={"key": options, "gap": gap})
    low, high = key.plausible
    told = figure(evidence.value, evidence.unit)
    if evidence.source == "live" and not low <= evidence.value <= high:
        raise _cannot(f"{told} is outside what the bank takes for plausible now.")
    if not options:
        raise _cannot(f"No option of now holds {told}.")
    refusal = NO_RUN if evidence.source == "reference" else ""
    finding = Finding(state="found", evidence=evidence, why_not=before.why_not, refusal=refusal)
    return _graded(question, before, finding, evidence)


def _graded(question: Question, before: Marking, finding: Finding, evidence: Evidence) -> Marking:
    ticked, keys = before.submitted_answers, tuple((option,) for option in evidence.key)
    right = ticked if ticked in keys else keys[0]
    return Marking(
        question_id=question.id,
        question_hash=question.hash,
        state="graded",
        scoring=question.scoring,
        type=question.type,
        submitted_answers=ticked,
        correct_answers=keys[0],
        accepted=keys,
        score=1.0 if ticked in keys else 0.0,
        verdict=of_finding(question, finding),
        feedback=tuple(_feedback(choice, choice.id in ticked, choice.id in right) for choice in question.choices),
        evidence=evidence,
        why_not=before.why_not,
    )


def _feedback(choice: Choice, chosen: bool, is_right: bool) -> ChoiceFeedback:
    text = (choice.feedback if chosen else choice.feedback_unchosen) or ""
    return ChoiceFeedback(id=choice.id, letter=choice.letter, chosen=chosen, is_right=is_right, text=text)


def _evidence_now(key: Key, evidence: Evidence | None) -> Evidence:
    """What decides: the frozen run reduced as the bank asks now, or the reference as it is now."""
    if evidence is None:
        raise _cannot("It was marked by a fixed key, and the question asks for a measured value now.")
    if evidence.source == "reference":
        return _reference_now(key, evidence)
    if (key.measure, key.unit) != (evidence.measure, evidence.unit):
        raise _cannot(
            f"It was marked by {evidence.measure} in {evidence.unit}, and the question asks for {key.measure} in "
            f"{key.unit} now."
        )
    if key.reduce == evidence.reduce:
        return evidence
    if not evidence.values:
        raise _cannot(f"Of its run only the {evidence.reduce} is kept, and the {key.reduce} decides now.")
    value = REDUCE[key.reduce](evidence.values)
    return evidence.model_copy(update={"value": value, "reduce": key.reduce})


def _reference_now(key: Key, evidence: Evidence) -> Evidence:
    reference = key.reference
    if reference is None:
        raise _cannot("It was marked by a reference value, and the bank has none any more.")
    now = {
        "kind": reference.kind,
        "value": reference.value,
        "unit": reference.unit,
        "measure": key.measure,
        "reduce": key.reduce,
        "machine": reference.machine,
        "lower_bound": reference.lower_bound,
        "origin": reference.source,
    }
    return evidence.model_copy(update=now)


def _options(names: list[str]) -> str:
    return f"Option {names[0]} is" if len(names) == 1 else f"Options {', '.join(names)} are"


def _cannot(why: str) -> CannotMarkAnew:
    return CannotMarkAnew(why, "It keeps the mark that it has.")
