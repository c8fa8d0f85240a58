"""What the result of the fine-tuning lab says in its sentence, its figures and its tabs."""

from typing import Any

from core.store.tables import Picture, Run
from ui.labs.fine_tuning import LOOK
from ui.runs import ShownRun


def way(name: str, **more: Any) -> dict[str, Any]:
    is_lora = name == "lora"
    point = {"mean": 0.2, "error": 0.01}
    return {
        "name": name,
        "title": "LoRA" if is_lora else "All weights",
        "is_available": True,
        "parameters": 86_016 if is_lora else 4_185_092,
        "share": 0.0206 if is_lora else 1.0,
        "file_bytes": 360_080 if is_lora else 16_781_568,
        "steps": 2,
        "training_s": 1.0,
        "steps_per_s": 2.0,
        "points": [
            {"step": 0, "held_out": point, "learnt": point},
            {"step": 2, "held_out": {"mean": 0.1}, "learnt": point},
        ],
    } | more


def run(*ways: dict[str, Any]) -> ShownRun:
    record = {"outputs": {"fine_tuning": {"ways": list(ways)}}, "device": {"type": "cpu"}, "memory": {}}
    shown = ShownRun(Run(id="r", record=record))
    shown.__dict__["pictures"] = []
    return shown


def test_the_sentence_sets_both_files_beside_each_other() -> None:
    assert LOOK.sentence(run(way("lora"), way("full"))) == (
        "LoRA trained 2.1% as many numbers as the UNet has and leaves a file of 0.360 MB; "
        "training every weight leaves 16.8 MB."
    )


def test_one_way_alone_is_told_with_its_time() -> None:
    assert LOOK.sentence(run(way("full"))) == "All weights: 4,185,092 numbers were trained in 1.00 s."
    assert LOOK.sentence(run(way("lora", file_bytes=None), way("full"))).startswith("LoRA: 86,016 numbers")
    assert LOOK.sentence(run()) == ""


def test_a_way_without_room_is_no_figure_and_no_tab() -> None:
    shown = run({"name": "full", "title": "All weights", "is_available": False, "reason": "Too little."})
    assert [figure.value for figure in LOOK.figures(shown)] == [None]
    assert dict(LOOK.tabs(shown)) == {}


def test_figures_are_the_loss_on_unseen_pictures_and_the_pace() -> None:
    figures = LOOK.figures(run(way("lora"), way("full")))
    assert [(figure.label, figure.value) for figure in figures] == [
        ("Loss, LoRA", "0.200 → 0.100"),
        ("Loss, All weights", "0.200 → 0.100"),
        ("Steps/s, LoRA", "2.0"),
        ("Steps/s, All weights", "2.0"),
    ]


def test_pictures_come_first() -> None:
    shown = run(way("lora"))
    shown.__dict__["pictures"] = [
        Picture(role="picture", details={"title": title, "caption": "A house"}) for title in ("Before", "LoRA")
    ]
    assert next(iter(LOOK.tabs(shown))) == "Pictures"
