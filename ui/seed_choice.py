"""On a picture lab's own page: a new seed for each run, one that stays, or the one of the last picture."""

from typing import Any, get_args

import streamlit as st

from core.store.tables import Run
from ui.settings_form import Form

RANDOM, FIXED, LAST = "random", "fixed", "last"
START = 7
"""What a fixed seed is until somebody writes another number."""


def can_be_random(form: Form) -> bool:
    """Whether the lab draws a seed where none is given."""
    field = type(form.preset).model_fields.get("seed")
    return field is not None and type(None) in get_args(field.annotation)


def last_seed(run: Run | None) -> int | None:
    """The seed of a run's last picture; None without one."""
    repeats: list[dict[str, Any]] = run.record["repeats"] if run else []
    found = repeats[-1].get("seed") if repeats else None
    return found if isinstance(found, int) else None


def seed_choice(form: Form, last: int | None) -> None:
    """Offer the three; what stands in the form's own field is marked.

    Args:
        last: seed of the newest picture of this page; without one only two are offered.
    """
    now, key = form.value("seed"), f"{form.prefix}_seed_kind"
    fixed = START if now is None or now == last else now
    titles = {RANDOM: "New in each run", FIXED: f"Fixed: {fixed}"}
    if last is not None and last != fixed:
        titles[LAST] = f"The last one: {last}"
    # Set before the widget is drawn, so that it always shows what stands in the form.
    st.session_state[key] = RANDOM if now is None else LAST if now == last and LAST in titles else FIXED

    def take() -> None:
        form.set_to("seed", {RANDOM: None, FIXED: fixed, LAST: last}[st.session_state[key] or RANDOM])

    st.pills("Seed", list(titles), format_func=titles.__getitem__, key=key, on_change=take)
