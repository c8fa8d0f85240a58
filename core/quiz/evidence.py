"""Which run a measured answer rests on, and which option it makes right. No I/O: run records in, a finding out.

The latest qualifying run decides, by its key's reduction (the minimum of its repeats, say). Options are half-open
intervals [low, high). A value in a gap between two options falls to the nearer one where the bank says
`no_match: nearest`, and near an edge (3 %, say) both neighbours count. Without a run, and only where this machine
cannot make one, the bank's reference value decides.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from core.measure.verdict import writing_share
from core.quiz.bank import Key, Question
from core.runs.registry import LABS

if TYPE_CHECKING:
    from core.measure.machine import Machine

Record = Mapping[str, Any]
REDUCE: dict[str, Callable[[Sequence[float]], float]] = {
    "min": min,
    "max": max,
    "median": statistics.median,
    "last": lambda values: values[-1],
}


class Evidence(BaseModel):
    """What an answer was marked by, frozen with it.

    Attributes:
        source: `live` for the student's own run, `reference` for the bank's value.
        run_id: the run, None for a reference.
        created_at: when it ran, in the record's own form; None for a reference.
        value: what decided, in `unit`; `values` is what it was reduced from.
        machine: the device's name.
        weights: `hub` or `dummy`; None for a reference.
        kind: `measured` or `estimate`.
        lower_bound: the real figure can only be larger.
        key: ids of the options that count, the one that holds the value first.
        gap: the edges between which no option lies, where `value` lies there; None at an open end.
        share_of_limit: how near the run came to what its device's memory allows, where it was set beside that.
    """

    model_config = ConfigDict(frozen=True)

    source: Literal["live", "reference"]
    kind: Literal["measured", "estimate"]
    value: float
    unit: str
    measure: str
    reduce: str
    machine: str
    key: tuple[str, ...]
    run_id: str | None = None
    created_at: str | float | None = None
    values: tuple[float, ...] = ()
    weights: str | None = None
    lower_bound: bool = False
    gap: tuple[float | None, float | None] | None = None
    origin: str = ""
    share_of_limit: float | None = None


class Finding(BaseModel):
    """Evidence, or why there is none.

    Attributes:
        state: `found`, `needs_run`, or `implausible`: the deciding run holds a value that cannot be.
        why_not: sentences on why the latest run (on the question's device, if there is one) does not decide.
        refusal: why this machine cannot make the run, empty where it can.
    """

    model_config = ConfigDict(frozen=True)

    state: Literal["found", "needs_run", "implausible"]
    evidence: Evidence | None = None
    why_not: tuple[str, ...] = ()
    refusal: str = ""


def find_evidence(question: Question, runs: Sequence[Record], machine: "Machine", refusal: str = "") -> Finding:
    """Look for what decides a measured question.

    Args:
        runs: this person's run records, newest first; records of other labs are passed over.
        machine: this machine; without a GPU it cannot make a CUDA run.
        refusal: why this machine cannot make the run, where the caller knows a reason (memory, say).

    Raises:
        ValueError: the question has no measured key.
    """
    key = _key(question)
    measure = LABS[question.lab.name].measures[key.measure]
    refusal = refusal or measure.why_not_on(key.evidence.device, machine)
    mine = [run for run in runs if run.get("lab") == question.lab.name]
    meant = [run for run in mine if _part(run, "device").get("type") == key.evidence.device] or mine
    why_not = reasons_against(question, meant[0]) if meant else ()
    deciding = next((run for run in mine if not reasons_against(question, run)), None)
    if deciding is not None:
        evidence = _from_run(question, key, deciding)
        state: Literal["found", "implausible"] = "found" if _is_plausible(key, evidence.value) else "implausible"
        return Finding(state=state, evidence=evidence, why_not=why_not)
    if refusal and key.reference:
        return Finding(state="found", evidence=_from_reference(question, key), why_not=why_not, refusal=refusal)
    return Finding(state="needs_run", why_not=why_not, refusal=refusal)


def newer_run(question: Question, evidence: Evidence | None, runs: Sequence[Record]) -> str | None:
    """Id of the latest qualifying run where `evidence` rests on another one: the answer is stale.

    Nothing is marked again by itself; the page offers it.
    """
    mine = (run for run in runs if run.get("lab") == question.lab.name and not reasons_against(question, run))
    latest = next(mine, None)
    if question.key is None or latest is None or (evidence and evidence.run_id == latest.get("id")):
        return None
    return str(latest.get("id"))


def reasons_against(question: Question, record: Record) -> tuple[str, ...]:
    """Why a run does not count for the question; empty where it does.

    A run that did not finish is not looked at further.
    """
    key = _key(question)
    if record.get("state") != "finished":
        error = _part(record, "error").get("message")
        return (f"It did not finish ({error or record.get('state') or 'its state is unknown'}).",)
    checks = (_against_model, _against_device, _against_settings)
    reasons = [reason for check in checks for reason in check(question, key, record)]
    return tuple(reasons) + _against_values(question, key, record)


def values_of(question: Question, record: Record) -> tuple[float, ...]:
    """The finite values of the question's measure in a run record; empty where it was not measured."""
    measure = LABS[question.lab.name].measures[_key(question).measure]
    try:
        found = measure.values(dict(record))
    except (KeyError, TypeError, AttributeError, ValueError):
        return ()  # a record that lacks the part where the measure is kept did not measure it
    return tuple(float(value) for value in found if _is_number(value))


def options_for(question: Question, value: float) -> tuple[tuple[str, ...], tuple[float | None, float | None] | None]:
    """Ids of the options that `value` makes right, the one that holds it first, and the gap it lies in, if any."""
    key = _key(question)
    ranged = [(choice.id, *choice.range) for choice in question.choices if choice.range]
    ranged.sort(key=lambda option: option[1])
    lands = ranged if key.no_match == "ungraded" else _spread(ranged)
    reach = abs(value) * key.edge_tolerance.rel
    held = [name for name, low, high in lands if low <= value < high]
    near = [name for name, low, high in lands if low <= value + reach and value - reach < high]
    return tuple(dict.fromkeys(held + near)), _gap(ranged, value)


def _spread(ranged: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """Ranges that meet halfway in every gap and are open at both ends: each value falls to the nearest option."""
    meets = [(before[2] + after[1]) / 2 for before, after in pairwise(ranged)]
    lows, highs = [-math.inf, *meets], [*meets, math.inf]
    return [(option[0], low, high) for option, low, high in zip(ranged, lows, highs, strict=True)]


def _gap(ranged: list[tuple[str, float, float]], value: float) -> tuple[float | None, float | None] | None:
    if any(low <= value < high for _, low, high in ranged):
        return None
    below = [high for _, _, high in ranged if high <= value]
    above = [low for _, low, _ in ranged if low > value]
    return (max(below) if below else None, min(above) if above else None)


def _from_run(question: Question, key: Key, record: Record) -> Evidence:
    values = values_of(question, record)
    value = REDUCE[key.reduce](values)
    options, gap = options_for(question, value)
    return Evidence(
        source="live",
        kind="measured",
        value=value,
        unit=key.unit,
        measure=key.measure,
        reduce=key.reduce,
        machine=str(_part(record, "device").get("name") or _part(record, "device").get("type")),
        key=options,
        run_id=str(record.get("id")),
        created_at=record.get("created_at"),
        values=values,
        weights=_part(record, "model").get("source"),
        gap=gap,
        share_of_limit=writing_share(dict(record)),
    )


def _from_reference(question: Question, key: Key) -> Evidence:
    reference = key.reference
    assert reference is not None
    options, gap = options_for(question, reference.value)
    return Evidence(
        source="reference",
        kind=reference.kind,
        value=reference.value,
        unit=reference.unit,
        measure=key.measure,
        reduce=key.reduce,
        machine=reference.machine,
        key=options,
        lower_bound=reference.lower_bound,
        gap=gap,
        origin=reference.source,
    )


def _against_model(question: Question, key: Key, record: Record) -> list[str]:
    model, wanted = _part(record, "model"), preset(question).get("model")
    if wanted and model.get("id") != wanted:
        return [f"It ran {model.get('id') or 'an unnamed model'}; this question is about {wanted}."]
    found, size = model.get("parameters"), key.evidence.parameters
    if found == size:
        return []
    what = "a small twin" if model.get("source") == "embedded" else "a model"
    told = f"{what} of {found:,} parameters" if isinstance(found, int) else f"{what} of unknown size"
    instead = " Random weights of that size measure the same." if model.get("source") == "embedded" else ""
    return [f"It ran {told}; this question is about the full size, {size:,} parameters.{instead}"]


def _against_device(question: Question, key: Key, record: Record) -> list[str]:
    device, dtype = _part(record, "device").get("type"), _part(record, "model").get("dtype")
    reasons = []
    if device != key.evidence.device:
        reasons.append(f"It ran on {device or 'an unknown device'}; this question asks for {key.evidence.device}.")
    if dtype not in key.evidence.dtypes:
        wanted = " or ".join(key.evidence.dtypes)
        reasons.append(f"It ran in {dtype or 'an unknown precision'}; this question asks for {wanted}.")
    return reasons


def _against_settings(question: Question, key: Key, record: Record) -> list[str]:
    settings = _part(record, "settings")
    wanted = preset(question)
    reasons = []
    if settings.get("previews"):
        reasons.append("It showed previews, whose decoding takes time and memory.")
    if key.evidence.fresh_process and record.get("fresh_process") is not True:
        reasons.append("Its process had run something before, so its memory did not start from empty.")
    for name in key.evidence.same_settings:
        if name not in settings or settings[name] != wanted[name]:
            had = f"{settings.get(name)!s}"
            short = len(had) <= 20 and len(str(wanted[name])) <= 20
            reasons.append(
                f"Its {name} was {had}; this question asks for {wanted[name]}." if short else f"Its {name} was changed."
            )
    return reasons


def _against_values(question: Question, key: Key, record: Record) -> tuple[str, ...]:
    values = values_of(question, record)
    if not values:
        return (f"It holds no usable {key.measure}.",)
    measure = LABS[question.lab.name].measures[key.measure]
    repeats = record.get("repeats")
    counted = len(values) if measure.meter is None else len(repeats) if isinstance(repeats, list) else 0
    least = key.evidence.min_repeats
    if least > 1 and counted < least:
        return (f"It has {counted} usable repeat{'s' if counted != 1 else ''}; at least {least} are needed.",)
    return ()


def preset(question: Question) -> dict[str, Any]:
    """All settings of the question's lab as its page starts with them, defaults filled in, as JSON values."""
    return LABS[question.lab.name].settings(**question.lab.settings).model_dump(mode="json")


def _is_plausible(key: Key, value: float) -> bool:
    return key.plausible[0] <= value <= key.plausible[1]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _part(record: Record, name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, Mapping) else {}


def _key(question: Question) -> Key:
    if question.key is None:
        raise ValueError(f"{question.id} is not a measured question")
    return question.key
