"""Settings in an address and in a picture's file."""

from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.runs.parsing import parse_settings
from core.runs.png import png
from core.runs.registry import LABS
from ui.settings_link import lab_query, told_settings

LAB = LABS["text_to_image"]


def test_an_address_holds_what_differs_from_the_page() -> None:
    values = {"prompt": "a & b", "seed": 7, "previews": True, "sweep": "seed", "sweep_values": [1, 2], "device": "cpu"}
    query = lab_query(LAB, parse_settings(LAB, values))
    assert query == {
        "text_to_image_prompt": "a & b",
        "text_to_image_seed": "7",
        "text_to_image_previews": "true",
        "text_to_image_sweep": "seed",
        "text_to_image_sweep_values": "1, 2",
    }
    assert lab_query(LAB, LAB.settings()) == {}


def test_a_students_own_picture_is_not_linked() -> None:
    lab = LABS["inpainting"]
    own, shipped = (parse_settings(lab, {"picture": picture}) for picture in ("upload:0" + "1" * 31, "table"))
    assert told_settings(lab, own) == {} and told_settings(lab, shipped) == {"picture": "table"}


def file(lab: str, **settings: Any) -> bytes:
    made = Image.new("RGB", (8, 8))
    return png(made, {"lab": lab, "settings": LABS[lab].settings().model_dump(mode="json") | settings})


def page() -> None:
    from core.runs.registry import LABS
    from ui.settings_form import Form
    from ui.settings_link import settings_from_picture

    lab = LABS["text_to_image"]
    form = Form(lab, lab.settings(), "here", ("prompt",))
    settings_from_picture(form)
    form.draw(disabled=False)


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(page).run()


def drop(app: AppTest, data: bytes) -> str:
    """Drop a file; gives what is said to it."""
    app.file_uploader(key="here_from_picture").upload("picture.png", data, "image/png").run()
    assert not app.exception
    return str(app.session_state["here_from_picture_told"]).replace("\\", "")


def test_the_form_takes_the_settings_of_a_dropped_picture(app: AppTest) -> None:
    told = drop(app, file("text_to_image", prompt="a boat", num_inference_steps=7, device="cuda", dtype="float16"))
    assert "Prompt: a boat" in told and "Steps: 7" in told
    assert app.text_area(key="here_prompt").value == "a boat"
    assert app.number_input(key="here_num_inference_steps").value == 7
    assert app.selectbox(key="here_device").value == "auto"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (file("inpainting"), 'made by the lab "Replace an object"'),
        (file("text_to_image", num_inference_steps=5000), "Steps = 5000 is not possible"),
        (b"\x89PNG nothing", "no settings of VRAM Lab"),
    ],
)
def test_a_picture_that_gives_no_settings_says_why_and_changes_nothing(app: AppTest, data: bytes, told: str) -> None:
    before = app.text_area(key="here_prompt").value
    assert told in drop(app, data)
    assert app.text_area(key="here_prompt").value == before
