"""One figure for each run, and runs in groups that can be set beside each other: same device, weights and precision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from core.classroom.class_runs import ClassRun, limit_in
from core.quiz.bank import Bank, Question
from core.quiz.evidence import reasons_against
from core.runs.lab import Measure
from core.runs.registry import LABS
from core.units import significant
from ui.comparison import WEIGHTS

WORDS = {
    "wall_s": "Time",
    "tokens_per_s": "Tokens per second",
    "time_to_first_token_s": "Time to the first token",
    "images_per_s": "Pictures per second",
    "device_used_after_load": "GPU memory in use, after loading",
    "device_used_after_run": "GPU memory in use, after the run",
    "allocated_after_load": "GPU memory in tensors, after loading",
    "allocated_after_run": "GPU memory in tensors, after the run",
    "process_rss_after_load": "RAM of the process, after loading",
    "process_rss_after_run": "RAM of the process, after the run",
}
"""Measures of the labs as they are read; memory is what was added since the start."""
FEWEST_SECONDS = {"s": min, "1/s": max}
"""Of several repeats the fastest counts; memory has one value."""


@dataclass(frozen=True)
class Dot:
    """One run on the chart.

    Attributes:
        counts: False where the chosen question does not take the run; `why_not` says why.
        of: how many runs of the student it stands for.
    """

    run: ClassRun
    value: float
    limit: float | None
    counts: bool = True
    why_not: str = ""
    of: int = 1


@dataclass(frozen=True)
class DotGroup:
    """Runs on one device, with the same weights and precision."""

    name: str
    dots: tuple[Dot, ...]

    @property
    def median(self) -> float:
        """Of the dots' values."""
        return median(dot.value for dot in self.dots)

    @property
    def limit(self) -> float | None:
        """Median of the limits that were measured beside these runs; None without one."""
        limits = [dot.limit for dot in self.dots if dot.limit is not None]
        return median(limits) if limits else None


def measures_of(lab: str, runs: Sequence[ClassRun], bank: Bank, question: Question | None) -> list[str]:
    """Measures that any of the runs has, the main one first: that of the question, else of the lab's questions."""
    asked = [question] if question else []
    asked += [each for each in bank.questions if each.lab.name == lab]
    preferred = [each.key.measure for each in asked if each.key] + ["images_per_s"]
    known = LABS[lab].measures
    names = dict.fromkeys([name for name in preferred if name in known] + list(known))
    return [name for name in names if any(_value(known[name], run) is not None for run in runs)]


def dots_of(runs: Iterable[ClassRun], measure: str, question: Question | None) -> list[Dot]:
    """A dot for every run that has the measure, in the order of the runs."""
    dots = []
    for run in runs:
        value = _value(LABS[run.lab].measures[measure], run) if measure in LABS[run.lab].measures else None
        if value is not None:
            reasons = reasons_against(question, run.record) if question and question.key else ()
            limit = limit_in(run.record, measure)
            dots.append(Dot(run, value, limit, counts=not reasons, why_not=" ".join(reasons)))
    return dots


def one_each(dots: Sequence[Dot], unit: str) -> list[Dot]:
    """One dot for each student on each device: the best run, one that counts before one that does not."""
    mine: dict[tuple[str, str], list[Dot]] = {}
    for dot in dots:
        mine.setdefault((dot.run.person_id, _full_name(dot.run)), []).append(dot)
    sign = -1 if unit == "1/s" else 1
    best = (min(held, key=lambda dot: (not dot.counts, sign * dot.value)) for held in mine.values())
    return [
        Dot(dot.run, dot.value, dot.limit, dot.counts, dot.why_not, len(held))
        for dot, held in zip(best, mine.values(), strict=True)
    ]


def groups_of(dots: Sequence[Dot]) -> list[DotGroup]:
    """Dots by device, weights, model and precision, of which only what differs is named; most dots first."""
    parts = [_parts(dot.run) for dot in dots]
    differs = [len(set(column)) > 1 for column in zip(*parts, strict=True)]
    grouped: dict[str, list[Dot]] = {}
    for dot, part in zip(dots, parts, strict=True):
        named = [part[0], *(text for text, is_told in zip(part[1:], differs[1:], strict=True) if is_told and text)]
        grouped.setdefault(", ".join(named), []).append(dot)
    groups = [DotGroup(name, tuple(held)) for name, held in grouped.items()]
    return sorted(groups, key=lambda group: (-len(group.dots), group.name))


def finding(lab: str, groups: Sequence[DotGroup], unit: str) -> str:
    """What the chart shows: the medians of its largest groups."""
    told_groups = [f"{told(group.median, unit)} on {group.name}" for group in groups[:2]]
    return f"{lab}: median {'; '.join(told_groups)}"


def told(value: float, unit: str) -> str:
    """A figure with its unit."""
    return f"{significant(value)} {'per second' if unit == '1/s' else unit}"


def _value(measure: Measure, run: ClassRun) -> float | None:
    if run.state != "finished":
        return None
    values = measure.values(run.record)
    return FEWEST_SECONDS.get(measure.unit, lambda held: held[-1])(values) if values else None


def _parts(run: ClassRun) -> tuple[str, ...]:
    model = run.record.get("model") or {}
    weights = WEIGHTS.get(model.get("source") or "", "")
    return run.machine, weights, str(model.get("title") or model.get("id") or ""), str(model.get("dtype") or "")


def _full_name(run: ClassRun) -> str:
    return " ".join(_parts(run))
