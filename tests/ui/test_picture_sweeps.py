"""What a sweep of pictures found: from few to many steps, how far the seeds are apart, what the scales did."""

from typing import Any

from core.store.tables import Picture, Run
from ui.labs.picture_sweeps import sweep_figures, sweep_sentence
from ui.labs.text_to_image import LOOK
from ui.runs import ShownRun

SHIFTED = {"difference_to_first": 0.0, "distance_to_last": 0.0}


def swept(
    name: str, values: list[float], times: list[float], **more: list[float]
) -> tuple[dict[str, Any], list[Picture]]:
    """A record of one sweep and its pictures; `more` are the pictures' details, one value each."""
    repeats, made = [], []
    for index, (value, wall_s) in enumerate(zip(values, times, strict=True)):
        repeats.append(
            {"index": index, "is_first": index == 0, "wall_s": wall_s, "settings": {name: value}, name: value}
        )
        details = {name: value, **SHIFTED, **{key: each[index] for key, each in more.items()}}
        made.append(Picture(run_id="run", index=index, role="picture", details=details, png=b""))
    return {"settings": {"sweep": name}, "repeats": repeats}, made


def told(record: dict[str, Any], made: list[Picture]) -> dict[str, str | None]:
    return {figure.label: figure.value for figure in sweep_figures(record, made)}


def test_steps_are_told_from_the_fewest_to_the_most_of_the_warm_ones() -> None:
    found = swept("num_inference_steps", [1, 5, 10, 50], [9.0, 1.0, 1.5, 5.5])
    assert sweep_sentence(*found) == (
        "From 5 to 50 steps the time went from 1.00 s to 5.50 s: each further step took 0.100 s."
    )
    assert told(*found) == {"Each further step": "0.100 s"}
    assert "cold" not in str(sweep_figures(*found)[0].help)


def test_two_pictures_are_compared_with_the_cold_one_and_say_so() -> None:
    record, made = swept("num_inference_steps", [1, 11], [1.0, 3.0])
    assert told(record, made) == {"Each further step": "0.200 s"}
    assert "cold" in str(sweep_figures(record, made)[0].help)


def test_a_time_that_did_not_grow_has_no_price_per_step() -> None:
    record, made = swept("num_inference_steps", [1, 5, 10], [1.0, 2.0, 1.5])
    assert "each further step" not in sweep_sentence(record, made)
    assert told(record, made)["Each further step"] is None


def test_seeds_are_told_by_how_far_the_pictures_are_apart() -> None:
    record, made = swept("seed", [7, 7, 8], [2.51, 2.19, 2.5], difference_to_first=[0, 0, 16.9])
    assert sweep_sentence(record, made).startswith("The same seed gave the same picture, pixel by pixel; another")
    assert told(record, made) == {
        "Same seed, difference": "0",
        "Other seed, difference": "16.9",
        "Time per picture": "2.19–2.51 s",
    }


def test_a_seed_that_did_not_repeat_its_picture_is_not_said_to() -> None:
    record, made = swept("seed", [7, 7], [2.0, 2.0], difference_to_first=[0, 1.5])
    assert "same picture" not in sweep_sentence(record, made)
    assert told(record, made)["Same seed, difference"] == "1.50"


def test_other_seeds_alone_are_told_from_the_nearest_to_the_furthest() -> None:
    record, made = swept("seed", [1, 2, 3], [2.0, 2.0, 2.0], difference_to_first=[0, 20.0, 12.0])
    assert "12.0 to 20.0 of 255" in sweep_sentence(record, made)
    assert told(record, made) == {"Other seed, difference": "12.0–20.0", "Time per picture": "2.00 s"}


def test_scales_are_told_by_time_and_by_how_far_the_last_one_moved() -> None:
    record, made = swept("guidance_scale", [1, 20, 100], [1.0, 2.0, 2.1], distance_to_last=[60.0, 30.0, 0.0])
    assert "even 100" in sweep_sentence(record, made)
    assert "30.0 of 255 away from those at 20" in sweep_sentence(record, made)
    assert told(record, made) == {"Time per picture": "1.00–2.10 s"}


def test_a_sweep_that_was_stopped_says_what_it_measured() -> None:
    record, made = swept("guidance_scale", [1, 20], [1.0, 2.0])
    assert sweep_sentence(record, made[:1]) == "" and sweep_figures(record, made[:1]) == []
    assert sweep_sentence(*swept("num_inference_steps", [5], [1.0])) == ""


def test_a_grid_names_its_shortest_and_its_longest() -> None:
    record, made = swept("num_inference_steps", [5, 50], [1.0, 5.0])
    record["settings"]["second_sweep"] = "guidance_scale"
    assert told(record, made) == {"Pictures": "2", "Least time": "1.00 s", "Most time": "5.00 s"}
    assert sweep_figures(record, made)[2].help == "The picture with steps 50."


def test_shares_of_the_refiner_are_told_by_time_and_by_what_they_changed() -> None:
    found = swept("refiner_share", [0, 0.2, 0.4], [9.0, 8.0, 7.0], difference_to_first=[0, 4.0, 6.5])
    assert sweep_sentence(*found) == (
        "With the refiner's share at 0.4 instead of 0 a picture took 7.00 s instead of 9.00 s; their colour values are "
        "6.50 of 255 apart, on average."
    )
    assert told(*found) == {"Time per picture": "7.00–9.00 s"}


def test_both_counts_of_a_refined_picture_are_told() -> None:
    refiner = {"evaluations": 10, "seconds_per_evaluation": 0.4}
    repeat = {"index": 0, "is_first": True, "wall_s": 30.0, "evaluations": 40, "seconds_per_evaluation": 0.5}
    record = {"settings": {}, "repeats": [repeat | {"refiner": refiner}], "device": {"type": "cpu"}, "memory": {}}
    shown = ShownRun(Run(id="r", record=record))
    shown.__dict__["pictures"] = []
    assert LOOK.sentence(shown) == (
        "The picture took 30.0 s, with 40 evaluations of SDXL's UNet and 10 of the refiner's."
    )
    assert {figure.label: figure.value for figure in LOOK.figures(shown)}["UNet evaluations"] == "40 + 10"
    assert "Refiner" in LOOK.tabs(shown)
    plain = ShownRun(Run(id="r", record=record | {"repeats": [repeat]}))
    plain.__dict__["pictures"] = []
    assert "Refiner" not in LOOK.tabs(plain)
