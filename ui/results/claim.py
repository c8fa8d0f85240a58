"""A course's claim of what a picture takes on a CPU and on a GPU, beside a recorded run and one's own.

Where one's own run took the small twin, the least that the real model would take here is computed: its operations, as
they were counted in the recorded run, at the rate that this machine reached in one's own.
"""

from typing import Any

import streamlit as st

from core.runs.recorded import recorded_of
from core.runs.records import Record, fastest
from core.units import seconds
from ui.plain import plain

CLAIMED = {"a CPU": 260.0, "a GPU": 4.0}
"""Seconds of one picture, as a course on fine-tuning names them, without the machine."""
NO_BREAK = "\N{NO-BREAK SPACE}"
HEAD = "| A full-size picture | took | the least, by arithmetic |\n|:--|--:|--:|"


def claim(record: Record) -> None:
    """Draw the comparison, where a run of this lab and model was recorded at full size."""
    recorded = recorded_of(record["lab"], record["settings"].get("model", ""))
    if recorded is None or not record.get("limit"):
        return
    st.markdown("**A course says 260 s on a CPU and 4 s on a GPU. And here?**")
    st.markdown("\n".join([HEAD, *(_line(*row) for row in rows(record, recorded))]))
    steps = fastest(recorded)["num_inference_steps"]
    st.caption(
        f"The course means Stable Diffusion with 50 to 100 steps and names no machine. The recorded run took {steps} "
        f"steps with {plain(str(recorded['model']['label']))}. The least is the operations of all evaluations, divided "
        "by the best rate of matrix products around each run, so other load on the machine counts; memory and all else "
        "come on top."
    )


def rows(record: Record, recorded: Record) -> list[tuple[str, str, str]]:
    """Whose picture, what it took, and the least that it could."""
    claimed = [(f"As the course says, on {device}", seconds(value), "") for device, value in CLAIMED.items()]
    there = (f"Recorded on {_machine(recorded)}", seconds(fastest(recorded)["wall_s"]), seconds(_least_s(recorded)))
    if record["settings"].get("source") != "embedded":
        took = fastest(record)
        steps = f"your run, {took['num_inference_steps']} steps"
        return [
            *claimed,
            there,
            (f"On {_machine(record)}, {steps}", seconds(took["wall_s"]), seconds(_least_s(record))),
        ]
    computed = recorded["limit"]["flops"] * fastest(recorded)["evaluations"] / record["limit"]["flops_per_s"]
    here = f"On {_machine(record)}, computed: your run was of the small twin"
    return [*claimed, there, (here, "not run", seconds(computed))]


def _line(name: str, *figures: str) -> str:
    """A line of the table, in which no figure is parted from its unit."""
    return f"| {' | '.join([name, *(figure.replace(' ', NO_BREAK) for figure in figures)])} |"


def _least_s(record: Record) -> float:
    best = fastest(record)
    return float(record["limit"]["value"]) * int(best["evaluations"])


def _machine(record: Record) -> str:
    device: dict[str, Any] = record["device"]
    return plain(str(device["name"]))
