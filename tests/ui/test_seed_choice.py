"""A seed of its own for each run, a fixed one, or the last picture's: one click sets the form's field."""

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.registry import LABS
from ui.seed_choice import can_be_random, last_seed
from ui.settings_form import Form


def page() -> None:
    import streamlit as st

    from core.runs.registry import LABS
    from ui.seed_choice import seed_choice
    from ui.settings_form import Form

    lab = LABS["text_to_image"]
    form = Form(lab, lab.settings(), "here", ("seed",))
    seed_choice(form, st.session_state.get("last"))
    st.session_state["found"] = form.draw(disabled=False)[0]


def started(last: int | None) -> AppTest:
    app = AppTest.from_function(page)
    app.session_state["last"] = last
    return app.run(timeout=30)


def click(app: AppTest, kind: str) -> Any:
    app.button_group[0].set_value(kind).run(timeout=30)
    assert not app.exception
    return app.session_state["found"]["seed"]


def test_one_click_sets_the_seed() -> None:
    app = started(2841)
    assert list(app.button_group[0].options) == [
        "New in each run",
        "Fixed: 7",
        "The last one: 2841",
    ]
    assert app.session_state["found"]["seed"] is None
    assert [click(app, kind) for kind in ("last", "fixed", "random")] == [2841, 7, None]


def test_a_number_of_ones_own_is_a_fixed_seed() -> None:
    app = started(2841)
    app.number_input[0].set_value(12).run(timeout=30)
    assert app.button_group[0].value == "fixed"
    assert app.button_group[0].options[1] == "Fixed: 12"


def test_without_a_picture_there_is_no_last_seed() -> None:
    assert len(started(None).button_group[0].options) == 2


@pytest.mark.parametrize(
    ("record", "seed"),
    [
        ({"repeats": [{"seed": 1}, {"seed": 2}]}, 2),
        ({"repeats": []}, None),
        ({"repeats": [{"tokens": 3}]}, None),
    ],
)
def test_the_last_seed_is_that_of_the_last_picture(record: dict[str, Any], seed: int | None) -> None:
    assert last_seed(SimpleNamespace(record=record)) == seed  # type: ignore[arg-type]
    assert last_seed(None) is None


@pytest.mark.parametrize(("name", "is_offered"), [("text_to_image", True), ("ddpm", False), ("runtime", False)])
def test_it_is_offered_where_a_lab_draws_seeds(name: str, is_offered: bool) -> None:
    lab = LABS[name]
    assert can_be_random(Form(lab, lab.settings(), "here")) is is_offered
