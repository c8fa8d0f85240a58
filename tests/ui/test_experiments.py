"""One click on an experiment sets the form; whatever another one had changed is as it was."""

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.parsing import parse_settings
from core.runs.registry import LABS


def page() -> None:
    import streamlit as st

    from core.runs.registry import LABS
    from ui.experiments import experiments
    from ui.settings_form import Form

    lab = LABS[st.session_state["lab"]]
    form = Form(lab, lab.settings(), "here", ("prompt", "network", "steps", "time_limit_s"))
    experiments(form)
    st.session_state["found"] = form.draw(disabled=False)[0]


@pytest.fixture
def app(request: pytest.FixtureRequest) -> AppTest:
    """A page of the lab that the test names, else of the one that draws."""
    app = AppTest.from_function(page)
    app.session_state["lab"] = getattr(request, "param", "text_to_image")
    return app.run(timeout=30)


def click(app: AppTest, title: str) -> dict[str, object]:
    app.button_group[0].set_value(title).run(timeout=30)
    assert not app.exception
    found: dict[str, object] = app.session_state["found"]
    return found


def test_a_click_sets_the_form_and_the_next_one_starts_from_the_pages_own(app: AppTest) -> None:
    app.session_state["here_all_settings"] = True
    app.run(timeout=30)
    app.text_area[0].set_value("A quiet sea").run(timeout=30)
    found = click(app, "1 step, guidance 100")
    assert (found["num_inference_steps"], found["guidance_scale"]) == (1, 100)
    found = click(app, "Guidance 20")
    assert (found["num_inference_steps"], found["guidance_scale"], found["prompt"]) == (50, 20, "A quiet sea")
    found = click(app, "Steps and guidance as a grid")
    assert (found["sweep"], found["sweep_values"]) == ("num_inference_steps", ["1", "5", "20"])


def test_another_model_brings_its_steps_and_guidance_and_experiments_start_from_them(app: AppTest) -> None:
    app.session_state["here_all_settings"] = True
    app.session_state["here_model"] = "stable-diffusion-1.5"
    app.run(timeout=30)
    model = next(box for box in app.selectbox if box.key == "here_model")
    model.set_value("sdxl-turbo").run(timeout=30)
    found = app.session_state["found"]
    assert (found["num_inference_steps"], found["guidance_scale"]) == (1, 0)
    found = click(app, "5 steps")
    assert (found["num_inference_steps"], found["guidance_scale"]) == (5, 0)


@pytest.mark.parametrize("app", ["train_ddpm"], indirect=True)
def test_an_experiment_that_changes_nothing_is_marked_and_leads_back_to_where_the_page_began(app: AppTest) -> None:
    assert app.button_group[0].value == "A first look"
    found = click(app, "Ten minutes")
    assert app.button_group[0].value == "Ten minutes" and found["network"] == "medium"
    found = click(app, "A first look")
    assert app.button_group[0].value == "A first look"
    assert (found["network"], found["steps"], found["time_limit_s"]) == ("small", 400, 60)


def test_no_experiment_is_marked_where_the_form_is_as_it_began(app: AppTest) -> None:
    assert app.button_group[0].value is None


@pytest.mark.parametrize("title", LABS["text_to_image"].experiments)
def test_every_experiment_can_be_run(title: str) -> None:
    asked = LABS["text_to_image"].experiments[title]
    taken = parse_settings(LABS["text_to_image"], asked).model_dump()
    assert {name: taken[name] for name in asked} == asked
