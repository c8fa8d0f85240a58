"""The faces of a run that has not ended well, or not yet: queued, downloading, running, failed, cancelled."""

import base64
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.jobs.queue import Place
from core.quiz.bank import Reference
from core.quiz.verdict import figure
from core.store.tables import Job
from core.units import gb, roughly
from ui.charts import time_bars
from ui.enlarged import enlarged
from ui.plain import plain

TEXT_HEIGHT_PX = 130
PREVIEW_PX = 192
FAILURES = {
    "cancelled": ("You stopped this run.", ":material/cancel:"),
    "timed_out": ("This run took too long and was stopped.", ":material/timer_off:"),
    "out_of_memory": ("There was not enough memory.", ":material/memory_alt:"),
    "device_lost": ("The GPU stopped answering.", ":material/error:"),
    "worker_lost": ("The worker process ended twice during this run.", ":material/error:"),
}


def active_card(job: Job, place: Place | None, is_served: bool, cancel: Callable[[str], None]) -> None:
    """Queued or running: where it stands, how long still, and the way out.

    Args:
        is_served: whether a worker for the job's device has been heard of lately.
    """
    with st.container(border=True):
        if place is not None:
            _queued(place, is_served)
        else:
            _running(job)
        label = "Leave the queue" if place is not None else "Cancel"
        st.button(
            "Stopping after this step" if job.cancel_requested else label,
            icon=":material/close:",
            key=f"cancel_{job.id}",
            on_click=cancel,
            args=(job.id,),
            disabled=job.cancel_requested,
        )


def _queued(place: Place, is_served: bool) -> None:
    if not is_served:
        st.progress(0.0, text="The worker is starting")
        st.caption("The worker process is not ready yet. It starts by itself, and your run keeps its place.")
        return
    st.progress(0.0, text="Next in line" if place.position == 1 else f"Place {place.position} in the queue")
    people = {0: "Nobody is", 1: "1 person is"}.get(place.people_ahead, f"{place.people_ahead} people are")
    wait = (
        f"Expected wait {roughly(place.expected_wait_s)}."
        if place.expected_wait_s is not None
        else "How long you will wait is not known yet."
    )
    st.caption(f"{people} before you. {wait}")


def _running(job: Job) -> None:
    now = job.progress
    step, steps = now.get("step") or 0, now.get("steps") or 0
    st.progress(min(1.0, step / steps) if steps else 0.0, text=now.get("stage") or "Starting the worker")
    st.caption(_detail(job, step, steps))
    if now.get("text"):
        st.container(height=TEXT_HEIGHT_PX, border=False, autoscroll=True).text(now["text"])
    if job.settings.get("previews"):
        _preview(now.get("preview"))
    landed = now.get("repeats_s") or []
    if landed:
        time_bars(
            "Repeats so far",
            [(f"repeat {i}", value) for i, value in enumerate(landed, 1)],
            key=f"landed_{job.id}",
            cold_first=True,
        )


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


def _detail(job: Job, step: int, steps: int) -> str:
    now = job.progress
    rate = now.get("bytes_per_s")
    if rate and steps:
        return f"{gb(step)} of {gb(steps)}, {gb(rate)}/s, {roughly(max(steps - step, 0) / rate)} left"
    parts = [f"step {step} of {steps}"] if steps else []
    left = now.get("time_left_s")
    if left is not None:
        parts.append(f"about {roughly(left)} left")
    if now.get("step_s"):
        parts.append(f"stopping takes up to {roughly(now['step_s'])}")
    if not parts and job.expected_s is not None:
        parts.append(f"about {roughly(job.expected_s)} in all")
    return ", ".join(parts) or "The first step is not done yet."


def failure_card(job: Job) -> None:
    """What happened, with the value, and what to do; what was measured until then stands below."""
    error = job.error or {}
    title, icon = FAILURES.get(error.get("kind", ""), ("This run failed.", ":material/error:"))
    message = "" if job.state == "cancelled" else plain(error.get("message", ""))
    text = f"**{title}** {message} {plain(error.get('remedy', ''))}"
    (st.info if job.state == "cancelled" else st.error)(text, icon=icon)


def reference_card(reference: Reference) -> None:
    """What another machine measured, or what is estimated, where this one cannot run."""
    kind = "Measured on another machine" if reference.kind == "measured" else "Estimated, not measured yet"
    least = "at least " if reference.lower_bound else ""
    with st.container(border=True):
        st.metric("Reference", f"{least}{figure(reference.value, reference.unit)}")
        st.caption(f"{kind}: {reference.machine}. Source: {reference.source}.")
