"""A picture of the gallery is told by the prompt that it was drawn from, also where its run drew from several."""

from typing import Any

from PIL import Image

from core.runs.png import png
from core.store.tables import Picture, Run
from ui.gallery import words_of


def told(details: dict[str, Any], inside: dict[str, Any], settings: dict[str, Any]) -> tuple[str, str]:
    picture = Picture(details=details, png=png(Image.new("RGB", (8, 8)), inside))
    return words_of(picture, Run(record={"settings": settings}))


def test_a_picture_of_one_prompt_tells_its_runs() -> None:
    details = {"num_inference_steps": 5, "guidance_scale": 7.5, "seed": 4, "wall_s": 0.5}
    assert told(details, {}, {"prompt": "A sea"}) == ("A sea", "steps 5, guidance 7.5, seed 4, 0.500 s")


def test_a_picture_of_a_prompt_of_its_own_tells_that() -> None:
    assert told({"seed": 7}, {"prompt": "A calm sea"}, {"subject": "A calm sea"}) == ("A calm sea", "seed 7")
    details = {"title": "LoRA", "caption": "A house, blueprint"}
    assert told(details, {}, {"prompt": "Mountains"}) == ("A house, blueprint", "LoRA")


def test_a_picture_of_which_nothing_is_known_tells_nothing() -> None:
    assert told({}, {}, {}) == ("", "")
