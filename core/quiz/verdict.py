"""The sentence that follows an answer, with the student's own figure to three significant digits."""

from core.quiz.bank import Key, Question
from core.quiz.evidence import Evidence, Finding
from core.units import seconds, significant

UNIT_WORDS = {"s": "seconds", "1/s": "per second"}


def figure(value: float, unit: str) -> str:
    """A value with its unit.

    >>> figure(16.618, "s"), figure(2.5523, "GiB"), figure(61.7, "%")
    ('16.6 s', '2.55 GiB', '61.7%')
    """
    if unit == "s":
        return seconds(value)
    return f"{significant(value)}{'' if unit in ('×', '%') else ' '}{UNIT_WORDS.get(unit, unit)}"


def of_ticks(question: Question, ticked: frozenset[str], score: float) -> str:
    """What to say of a question with a fixed key, once it is closed; before that, `of_hits` has to do."""
    other = next((other for other in question.also_accepted if frozenset(other.choices) == ticked), None)
    if other is not None and ticked != question.correct:
        return other.feedback
    if question.type == "single":
        return "That is the right option." if score == 1 else "That is not the right option."
    if score == 1:
        return "You ticked every right option and no wrong one."
    told = of_hits(len(ticked & question.correct), len(ticked)).removesuffix(".")
    return f"{told}: you score {score:.2f} out of 1."


def of_hits(hits: int, ticks: int) -> str:
    """How many ticks are right, and nothing of which, or of how many are missing.

    >>> of_hits(2, 4), of_hits(0, 3), of_hits(1, 1)
    ('2 of your 4 ticks are right.', 'None of your 3 ticks is right.', 'Your one tick is right.')
    """
    if ticks == 1:
        return f"Your one tick is {'right' if hits else 'not right'}."
    if hits == 0:
        return f"None of your {ticks} ticks is right."
    return f"{hits} of your {ticks} ticks {'is' if hits == 1 else 'are'} right."


def of_finding(question: Question, finding: Finding) -> str:
    """What to say of a measured question: the figure that decides, or why there is none."""
    key = question.key
    assert key is not None
    if finding.evidence is None:
        return _needs_run(finding)
    if finding.state == "implausible":
        return _implausible(key, finding.evidence)
    told = _reference(finding) if finding.evidence.source == "reference" else _own(key, finding)
    return " ".join(part for part in (told, _matched(key, finding.evidence)) if part)


def _own(key: Key, finding: Finding) -> str:
    evidence = finding.evidence
    assert evidence is not None
    told = key.sentence.replace("{value}", figure(evidence.value, evidence.unit)) + _share(evidence)
    return f"{told} Your latest run does not count, so an earlier one decides." if finding.why_not else told


def _share(evidence: Evidence) -> str:
    """How near the run came to what its device allows; a share above 1 tells of the limit, not of the run."""
    share = evidence.share_of_limit
    return f" That is {share:.0%} of the speed that this device's memory allows." if share and share <= 1 else ""


def _reference(finding: Finding) -> str:
    evidence = finding.evidence
    assert evidence is not None
    bound = "at least " if evidence.lower_bound else "about " if evidence.kind == "estimate" else ""
    kind = "an estimate for" if evidence.kind == "estimate" else "measured on"
    value = f"{bound}{figure(evidence.value, evidence.unit)}"
    return f"{finding.refusal} A reference decides instead: {value}, {kind} {evidence.machine} ({evidence.origin})."


def _matched(key: Key, evidence: Evidence) -> str:
    if evidence.gap and not evidence.key:
        return f"{_gap(evidence)}, so this answer cannot be marked and no attempt was used."
    if evidence.gap:
        several = "both neighbours count" if len(evidence.key) > 1 else "the nearest one counts"
        return f"{_gap(evidence)}, so {several}."
    if len(evidence.key) > 1:
        return f"That is within {key.edge_tolerance.rel:.0%} of the edge between two options, so both count."
    return ""


def _gap(evidence: Evidence) -> str:
    assert evidence.gap is not None
    low, high = evidence.gap
    unit = UNIT_WORDS.get(evidence.unit, evidence.unit)
    if low is None or high is None:
        edge, side = (high, "below") if low is None else (low, "above")
        return f"No option goes {side} {edge:g} {unit}"
    return f"No option covers {low:g} to {high:g} {unit}"


def _implausible(key: Key, evidence: Evidence) -> str:
    low, high = (figure(edge, key.unit) for edge in key.plausible)
    told = f"Your run measured {figure(evidence.value, evidence.unit)}, and only {low} to {high} can be right here."
    return f"{told} Run it again; no attempt was used."


def _needs_run(finding: Finding) -> str:
    if finding.refusal:
        return f"{finding.refusal} There is no reference either, so this answer cannot be marked yet."
    if finding.why_not:
        why = " ".join(finding.why_not)
        return f"Your latest run does not count here. {why} Run it with the page's settings, then answer."
    return "Your own run on this page decides this answer, and there is none yet. Run it first, then answer."
