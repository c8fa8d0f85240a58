"""What one picture costs at a price per hour, and how long a class waits for one each: computed from the run's time."""

import streamlit as st

from core.runs.records import Record, fastest
from core.units import count, seconds, significant

PRICE = 1.0
CLASS = 30


def cost(record: Record, key: str) -> None:
    """Ask for the machine's price and the size of the class, and work out both from the fastest picture."""
    if not fastest(record):
        st.caption("No picture was finished, so there is nothing to work out.")
        return
    st.fragment(_cost, key=f"{key}_cost")(fastest(record)["wall_s"], key)


def _cost(picture_s: float, key: str) -> None:
    left, right = st.columns(2)
    price = left.number_input(
        "Price of the machine per hour",
        min_value=0.0,
        value=PRICE,
        step=0.1,
        key=f"{key}_price",
        help="In any currency: what your provider asks, or power and the share of what the machine cost.",
    )
    people = right.number_input(
        "Students who ask at once", min_value=1, max_value=10_000, value=CLASS, key=f"{key}_people"
    )
    st.markdown("\n".join(f"- {line}" for line in told(picture_s, price, people)))
    st.caption("Computed from the fastest picture of this run, on a machine that does nothing else and is never idle.")


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
