"""The faces of a run that has not ended well, or not yet: queued, downloading, running, failed, cancelled."""

from collections.abc import Callable

import streamlit as st

from core.jobs.downloads import Arriving
from core.jobs.queue import Place
from core.quiz.bank import Reference
from core.quiz.verdict import figure
from core.runs.registry import LABS
from core.store.tables import Job
from core.units import roughly
from ui.downloads import arriving_bar, who_waits
from ui.labs import look_of
from ui.labs.look import Look
from ui.live import live_view
from ui.plain import plain

FAILURES = {
    "cancelled": ("You stopped this run.", ":material/cancel:"),
    "timed_out": ("This run took too long and was stopped.", ":material/timer_off:"),
    "out_of_memory": ("There was not enough memory.", ":material/memory_alt:"),
    "disk_full": ("There was no room to keep this run.", ":material/hard_drive:"),
    "device_lost": ("The GPU stopped answering.", ":material/error:"),
    "weights_unavailable": ("The weights could not be had.", ":material/cloud_off:"),
    "worker_lost": ("The worker process ended twice during this run.", ":material/error:"),
}


def active_card(
    job: Job, waits: Place | Arriving | None, is_served: bool, cancel: Callable[[str], None], look: Look
) -> None:
    """Queued or running: the way out in the place of the button that started it, and below what is going on.

    The frame is as high as a result, so that what is read below stays where it is when the run ends.

    Args:
        waits: where it stands in the queue, or the download that it waits for; None while it runs.
        is_served: whether a worker for the job's device has been heard of lately.
    """
    label = "Leave the queue" if waits is not None else "Cancel"
    st.button(
        "Stopping after this step" if job.cancel_requested else label,
        icon=":material/close:",
        key=f"cancel_{job.id}",
        on_click=cancel,
        args=(job.id,),
        disabled=job.cancel_requested,
        width="stretch",
    )
    st.caption("You can leave this page; the run goes on.")
    with st.container(border=True, height=look.height_px):
        if isinstance(waits, Arriving):
            arriving_bar(waits)
            st.caption(who_waits(waits))
        elif waits is not None:
            _queued(waits, is_served)
        else:
            live_view(job, look)


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


def failure_card(job: Job) -> None:
    """What happened, with the value, and what to do; what was measured until then stands below."""
    error = job.error or {}
    title, icon = FAILURES.get(error.get("kind", ""), ("This run failed.", ":material/error:"))
    message = "" if job.state == "cancelled" else plain(error.get("message", ""))
    text = f"**{title}** {message} {plain(error.get('remedy', ''))}"
    (st.info if job.state == "cancelled" else st.error)(text, icon=icon)
    for lab in LABS.values():
        if error.get("kind") in lab.helps_with and lab.name != job.lab:
            st.caption(f"{look_of(lab.name).icon} The lab **{lab.title}** shows what can be done. {lab.summary}")


def reference_card(reference: Reference) -> None:
    """What another machine measured, or what is estimated, where this one cannot run."""
    kind = "Measured on another machine" if reference.kind == "measured" else "Estimated, not measured yet"
    least = "at least " if reference.lower_bound else ""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"Reference: **{least}{figure(reference.value, reference.unit)}**")
        st.caption(f"{kind}: {reference.machine}. Source: {reference.source}.")
