"""Which runs of a class are looked at: a box for each thing that they differ in."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.classroom.class_runs import ClassRun
from core.runs.registry import LABS
from core.units import count
from ui.comparison import WEIGHTS

OWN_PAGE = "the lab's own page"
EVERY = ""
"""The choice that leaves nothing out."""

Value = Callable[[ClassRun], str]


@dataclass(frozen=True)
class Trait:
    """Something that runs differ in.

    Attributes:
        every: what the box says while nothing is left out.
        name: a value as it is shown.
    """

    key: str
    label: str
    every: str
    value: Value
    name: Callable[[str], str] = str


TRAITS = (
    Trait("question", "Question", "All questions", lambda run: run.question_id or OWN_PAGE),
    Trait("machine", "Device", "All devices", lambda run: run.machine),
    Trait(
        "source",
        "Weights",
        "All weights",
        lambda run: (run.record.get("model") or {}).get("source") or "none",
        lambda source: WEIGHTS.get(source, "no model"),
    ),
    Trait("state", "Ended", "However they ended", lambda run: run.state),
    Trait("student", "Student", "All students", lambda run: run.handle),
)
LAB = Trait("lab", "Lab", "All labs", lambda run: run.lab, lambda lab: LABS[lab].title if lab in LABS else lab)


def filtered(runs: Sequence[ClassRun]) -> tuple[list[ClassRun], str | None, str | None]:
    """Draw the boxes; gives the runs that are left, the lab and the question that were chosen, None for all."""
    with st.grid(6, min_column_width=215):
        lab = _box(LAB, runs, index=1 if runs else 0)
        chosen = {trait: _box(trait, runs) for trait in TRAITS}
    wanted = {LAB: lab, **chosen}
    left = [run for run in runs if all(value is None or trait.value(run) == value for trait, value in wanted.items())]
    return left, lab, chosen[TRAITS[0]]


def _box(trait: Trait, runs: Sequence[ClassRun], index: int = 0) -> str | None:
    """One box; None where nothing is left out."""
    counts = Counter(trait.value(run) for run in runs)

    def shown(value: str) -> str:
        return trait.every if value == EVERY else f"{trait.name(value)} ({count(counts[value])})"

    options = [EVERY, *_in_order(trait, counts)]
    picked = st.selectbox(trait.label, options, index=index, format_func=shown, key=f"measurements_{trait.key}")
    return None if picked == EVERY else picked


def _in_order(trait: Trait, counts: "Counter[str]") -> list[str]:
    """Most runs first for labs and devices, else by name, with Q2 before Q10."""
    if trait.key in ("lab", "machine"):
        return [value for value, _ in counts.most_common()]
    return sorted(counts, key=lambda value: (value[:1], len(value), value) if trait.key == "question" else (value,))
