"""What one picture costs at a price per hour, and how long a class waits for one each: computed from the run's time.

Beside the computed wait stands the measured one, of the runs that this machine has served.
"""

import streamlit as st

from core.jobs.waits import Waits, waits
from core.runs.records import Record, fastest
from core.runs.waiting import NO_LONGER_THAN_A_PICTURE, busy_share, mean_wait_s, most_people
from core.store.database import session
from core.units import count, seconds, significant
from ui.results.claim import claim

PRICE = 1.0
CLASS = 30
EVERY_MIN = 3.0
COMPUTED = (
    "Computed from the fastest picture of this run, for a machine that draws nothing else, one picture after the "
    "other. The average wait is that of presses at random moments (M/D/1 in queueing theory)."
)


def cost(record: Record, key: str) -> None:
    """Ask for the machine's price and the class, and work out cost and waits from the fastest picture."""
    if not fastest(record):
        st.caption("No picture was finished, so there is nothing to work out.")
        return
    st.fragment(_cost, key=f"{key}_cost")(fastest(record)["wall_s"], record["device"]["type"], key)
    claim(record)


def _cost(picture_s: float, kind: str, key: str) -> None:
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    price = left.number_input(
        "Price of the machine per hour",
        min_value=0.0,
        value=PRICE,
        step=0.1,
        key=f"{key}_price",
        help="In any currency: what your provider asks, or power and the share of what the machine cost.",
    )
    people = middle.number_input("Students", min_value=1, max_value=10_000, value=CLASS, key=f"{key}_people")
    every_min = right.number_input(
        "Minutes between presses",
        min_value=0.1,
        max_value=600.0,
        value=EVERY_MIN,
        step=0.5,
        key=f"{key}_every",
        help="From one picture that a student asks for to the next, on average.",
    )
    with session() as database:
        found = waits(database, kind)
    lines = [*told(picture_s, price, people), *served(picture_s, people, every_min), measured(found, kind)]
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.caption(COMPUTED)


def told(picture_s: float, price: float, people: int) -> list[str]:
    """What follows from the seconds of a picture, a price per hour, and a number of students."""
    per_picture = price * picture_s / 3600
    return [
        f"At {seconds(picture_s)} a picture, **{count(round(3600 / picture_s))}** fit into an hour.",
        f"One costs **{significant(per_picture)}**, and a thousand cost {significant(1000 * per_picture)}."
        if price
        else "At a price of 0 a picture costs nothing.",
        f"If {count(people)} ask at once, one after the other, the last waits **{seconds(people * picture_s)}** "
        f"and the average {seconds((people + 1) / 2 * picture_s)}.",
    ]


def served(picture_s: float, people: int, every_min: float) -> list[str]:
    """What follows where each student asks now and then, and how many the machine can serve like that."""
    every_s = 60 * every_min
    busy = busy_share(people, every_s, picture_s)
    wait_s = mean_wait_s(picture_s, busy)
    pace = f"If {'one student' if people == 1 else f'each of {count(people)}'} asks every {every_min:g} min"
    return [
        f"{pace}, that is {busy:.0%} of what the machine can draw: the line grows as long as they go on."
        if wait_s is None
        else f"{pace}, the machine is busy {busy:.0%} of the time. A picture waits **{seconds(wait_s)}** on average.",
        _most(every_s, picture_s),
    ]


def _most(every_s: float, picture_s: float) -> str:
    """How many one machine serves, and how many with short waits."""
    most, at_ease = most_people(every_s, picture_s), most_people(every_s, picture_s, NO_LONGER_THAN_A_PICTURE)
    if not most:
        return "At that pace it cannot serve even one student: a picture takes longer."
    short = f"; with up to {count(at_ease)}, the average wait is no longer than a picture takes" if at_ease else ""
    return f"At that pace it serves up to **{count(most)}** {'student' if most == 1 else 'students'}{short}."


def measured(found: Waits | None, kind: str) -> str:
    """The waits that were really had, in words."""
    device = "CPU" if kind == "cpu" else "GPU"
    if found is None:
        return f"Measured: too few runs have finished on this {device} to tell how long they waited."
    return (
        f"Measured: of the last {found.runs} runs on this {device}, of all labs, half waited at most "
        f"{seconds(found.median)} and nine of ten at most {seconds(found.most_of_them)}; half took at most "
        f"{seconds(found.median_run)}."
    )
