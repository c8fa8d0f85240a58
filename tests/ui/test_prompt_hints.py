"""Below the prompt: what is offered for the twin, what a click does, and what is said of a foreign prompt."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest


def page(prompt: str, source: str) -> None:
    from typing import cast

    import streamlit as st

    from core.runs.registry import LABS
    from core.runs.settings import ModelSettings
    from ui.prompt_hints import prompt_hints
    from ui.settings_form import Form

    st.session_state.setdefault("here_prompt", prompt)
    lab = LABS["text_to_image"]
    settings = lab.settings(prompt=st.session_state["here_prompt"], source=source)
    prompt_hints(Form(lab, cast(ModelSettings, settings), "here", ("prompt",)), settings, disabled=False)
    st.text(st.session_state["here_prompt"])


@pytest.fixture
def drawn() -> Callable[[str, str], AppTest]:
    return lambda prompt, source="embedded": AppTest.from_function(page, args=(prompt, source)).run()


def test_a_click_puts_a_known_prompt_into_the_field(drawn: Callable[..., AppTest]) -> None:
    app = drawn("A dragon")
    app.button_group[0].set_value("Boat on the sea").run()
    assert app.text[0].value == "A calm sea on a sunny day with a sailing boat, comic book style"
    assert app.button_group[0].value == "Boat on the sea" and not app.caption


def test_a_prompt_outside_the_twins_world_is_told(drawn: Callable[..., AppTest]) -> None:
    told = drawn("A dragon at sunset").caption[0].value
    assert "does not know: dragon." in told.replace("\\", "")


def test_other_weights_get_no_hints(drawn: Callable[..., AppTest]) -> None:
    app = drawn("A dragon", "dummy")
    assert not app.button_group and not app.caption
