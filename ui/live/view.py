"""What stands in the run's card while it runs, by its latest progress."""

import base64
import time
from typing import Any

import streamlit as st

from core.store.tables import Job
from core.units import roughly
from ui.downloads import bytes_left
from ui.enlarged import enlarged
from ui.labs.look import Look
from ui.live.gauge import gauge
from ui.live.rate_line import rate_line
from ui.live.repeat_strip import repeat_strip
from ui.live.value_line import value_line

PREVIEW_PX = 192
AROUND_PX = 540
"""Of everything beside the line: stage, gauge, repeats, a few lines of text."""
LEAST_LINE_PX, MOST_LINE_PX = 180, 380
GAP_PX = 12
SLOW_STEP_S = 1
"""A step that takes longer says so, as a run is only stopped between two."""
OLD_S = 3
"""A reading that is older says how old it is."""


def live_view(job: Job, look: Look) -> None:
    """The stage and the time left, the gauge, the speed, the repeats, and what is written or drawn."""
    now = job.progress
    step, steps = now.get("step") or 0, now.get("steps") or 0
    st.progress(min(1.0, step / steps) if steps else 0.0, text=now.get("stage") or "Starting the worker")
    st.caption(_detail(job, step, steps))
    memory = now.get("memory") or {}
    drawn = [gauge(memory)]
    if look.followed:
        drawn.append(value_line(now, look.followed, LEAST_LINE_PX))
    if look.counted:
        drawn.append(rate_line(now, look.counted, _line_px(job, look)))
    drawn.append(repeat_strip(now.get("repeats_s") or []))
    st.html(f'<div style="display:flex;flex-direction:column;gap:{GAP_PX}px">{"".join(drawn)}</div>')
    st.caption(_reading(memory))
    if job.settings.get("previews"):
        _preview(now.get("preview"))
    elif look.writes and job.settings.get("source") != "dummy":
        place = st.container(height="stretch", border=False, autoscroll=True)
        place.text(now.get("text") or "The text will appear here while it is written.")


def _line_px(job: Job, look: Look) -> int:
    """How high the line is drawn: what the other parts leave of the card."""
    taken = AROUND_PX + (LEAST_LINE_PX + GAP_PX if look.followed else 0)
    taken += PREVIEW_PX + 76 if job.settings.get("previews") else 0
    return max(LEAST_LINE_PX, min(MOST_LINE_PX, look.height_px - taken))


def _detail(job: Job, step: int, steps: int) -> str:
    now = job.progress
    rate = now.get("bytes_per_s")
    if rate and steps:
        return bytes_left(step, steps, rate)
    parts = [f"step {step} of {steps}"] if steps else []
    left = now.get("time_left_s")
    if left is not None:
        parts.append(f"about {roughly(left)} left")
    if (now.get("step_s") or 0) > SLOW_STEP_S:
        parts.append(f"stopping takes up to {roughly(now['step_s'])}")
    if not parts and job.expected_s is not None:
        parts.append(f"about {roughly(job.expected_s)} in all")
    return ", ".join(parts) or "The first step is not done yet."


def _reading(memory: dict[str, Any]) -> str:
    """Which meter, how old the reading is, and why."""
    age_s = time.time() - memory["read_at"] if memory.get("read_at") else 0.0
    if not memory.get("meter"):
        return "The memory is read when the run begins."
    when = f"{roughly(age_s)} ago: a timed pass is not disturbed for it" if age_s > OLD_S else "just now"
    return f"Meter: {memory['meter']}, read {when}."


def _preview(preview: dict[str, Any] | None) -> None:
    """What the picture looks like by now; the place has its height from the start."""
    with st.container(height=PREVIEW_PX + 60, border=False):
        if preview is None:
            st.caption("The picture will be shown here while it forms.")
            return
        step = f"after step {preview['step']}"
        st.image(
            enlarged(base64.b64decode(preview["picture"])), caption=step, width=PREVIEW_PX, alt=f"The picture {step}"
        )
