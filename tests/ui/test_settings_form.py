"""Every setting of every lab gets a widget with the range of its settings class."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.lab import Lab
from core.runs.registry import LABS
from ui import settings_form
from ui.labs import look_of
from ui.setting_words import TITLES, WORDS, explained, label, title

FIELDS = [
    (lab.name, name, field)
    for lab in LABS.values()
    for name, field in lab.settings.model_fields.items()
    if name != "model"
]


@pytest.mark.parametrize(("lab", "name", "field"), FIELDS, ids=lambda part: str(part)[:30])
def test_every_field_has_a_kind(lab: str, name: str, field: object) -> None:
    assert settings_form._kind(field) in {"choice", "choices", "bool", "number", "list", "text"}  # type: ignore[arg-type]


@pytest.mark.parametrize(("step", "shown"), [(0.0001, "%.4f"), (0.00001, "%.5f"), (0.1, None), (1, None)])
def test_a_small_number_is_shown_with_all_its_decimals(step: float, shown: str | None) -> None:
    assert settings_form._format(step) == shown


@pytest.mark.parametrize(
    ("lab", "name", "expected"),
    [
        ("text_generation", "max_new_tokens", 1),
        ("text_generation", "temperature", 0.1),
        ("text_generation", "seed", 1),
        ("text_to_image", "height", 8),
        ("text_to_image", "guidance_scale", 0.1),
        ("train_ddpm", "learning_rate", 0.0001),
        ("fine_tuning", "lora_learning_rate", 0.00001),
        ("prompt_craft", "last_steps", 1),
    ],
)
def test_steps_come_from_the_settings_class(lab: str, name: str, expected: float) -> None:
    step = settings_form._step(LABS[lab].settings.model_fields[name])
    assert step == expected and type(step) is type(expected)


def test_optional_choices_offer_none() -> None:
    field = LABS["text_to_image"].settings.model_fields["sweep"]
    assert settings_form._kind(field) == "choice"
    assert settings_form._options(field)[0] is None


def test_a_list_of_names_is_chosen_from_and_a_list_of_numbers_is_written() -> None:
    names = LABS["precision"].settings.model_fields["precisions"]
    numbers = LABS["text_to_image"].settings.model_fields["sweep_values"]
    assert (settings_form._kind(names), settings_form._kind(numbers)) == ("choices", "list")
    assert settings_form._options_of_list(names)[0] == "float32"
    assert settings_form.as_widget(names, ("float32", "float16")) == ["float32", "float16"]
    assert settings_form.as_widget(numbers, (1.0, 7.5)) == "1, 7.5" and settings_form.as_widget(numbers, 3) == 3


def test_precision_is_no_choice_where_it_is_what_is_compared() -> None:
    assert not settings_form._can_change(LABS["precision"].settings.model_fields["dtype"])


def test_words_are_of_settings_that_exist_and_every_setting_has_them() -> None:
    shown = {(lab, name) for lab, name, field in FIELDS if settings_form._can_change(field)}
    own = {(lab, name) for lab in LABS for name in look_of(lab).words}
    assert own <= shown and all(set(look_of(lab).titles) <= set(look_of(lab).words) for lab in LABS)
    general = {name for lab, name in shown - own} - {"picture", "captions"}
    assert general | {"model"} == set(WORDS) and set(TITLES) <= set(WORDS)


@pytest.mark.parametrize("lab", LABS.values(), ids=lambda lab: lab.name)
def test_a_label_is_in_words_and_the_help_names_the_setting(lab: Lab) -> None:
    for name, field in lab.settings.model_fields.items():
        if name != "picture" and settings_form._can_change(field):
            assert "_" not in label(lab, name) and label(lab, name)[0].isupper()
            assert f"`{name}`" in explained(lab, name)
    assert ("`random_seed`" in explained(lab, "seed")) is (lab.name == "text_to_image")


def test_options_have_titles_and_those_of_numbers_none() -> None:
    picture, text = LABS["text_to_image"], LABS["precision"]
    devices = ("auto", "cpu", "cuda", "cuda:1")
    assert [title(text, "device", each) for each in devices] == ["Automatic", "CPU", "GPU", "GPU 1"]
    assert (title(picture, "sweep", None), title(picture, "sweep", "num_inference_steps")) == ("Nothing", "Steps")
    assert title(text, "precisions", "nf4_bitsandbytes") == "4-bit (NF4)"
    assert title(text, "dtype", "float16") == "float16"


def test_an_empty_list_of_names_stays_a_list() -> None:
    names = LABS["optimisation"].settings.model_fields["variants"]
    assert settings_form.as_widget(names, ()) == []


def _form() -> None:
    import streamlit as st

    from core.runs.registry import LABS
    from ui.settings_form import Form

    lab = LABS["text_generation"]
    st.session_state["found"] = Form(lab, lab.settings(), "q4").draw(disabled=False)[0]


def _leave(at: AppTest) -> None:
    """Nothing was touched."""


def _unfold(at: AppTest) -> None:
    at.session_state["q4_all_settings"] = True


def _change(at: AppTest) -> None:
    at.session_state["q4_max_new_tokens"] = 7


def _follow_a_link(at: AppTest) -> None:
    at.query_params["q4_max_new_tokens"] = "7"


@pytest.mark.parametrize(
    ("act", "tokens"),
    [(_leave, None), (_unfold, 100), (_change, 7), (_follow_a_link, 7)],
    ids=["left", "unfolded", "changed", "linked"],
)
def test_folded_settings_are_drawn_once_they_are_asked_for_or_changed(
    act: Callable[[AppTest], None], tokens: int | None
) -> None:
    at = AppTest.from_function(_form)
    act(at)
    at.run(timeout=30)
    assert not at.exception
    assert at.session_state["found"].get("max_new_tokens") == tokens
