"""What the result of the fine-tuning lab says in its sentence, its figures and its tabs."""

from typing import Any

from streamlit.testing.v1 import AppTest

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


def state(name: str, *scores: float, **more: Any) -> dict[str, Any]:
    title = {"before": "Before", "lora": "LoRA", "full": "All weights"}[name]
    return {"name": name, "title": title, "scores": list(scores), "mean": sum(scores) / len(scores)} | more


SCORES = {
    "by": "judge",
    "prompts": ["Sea by day", "Forest | at night"],
    "states": [
        state("before", 90.0, 80.0),
        state("lora", 60.0, 70.0, change={"mean": -20.0, "low": -30.0, "high": -10.0}),
        state("full", 95.0, 70.0, change={"mean": -2.5, "low": -10.0, "high": 5.0}),
    ],
}


def test_scores_have_a_tab_where_there_are_some() -> None:
    shown = run(way("lora"))
    assert "Score" not in LOOK.tabs(shown)
    shown.record["outputs"]["fine_tuning"]["scores"] = SCORES
    assert "Score" in LOOK.tabs(shown)


def test_a_change_is_told_with_its_interval_and_with_what_that_means() -> None:
    def page(scores: dict) -> None:  # type: ignore[type-arg]
        from ui.labs.prompt_scores import prompt_scores

        prompt_scores("r", scores, [], "k")

    found = AppTest.from_function(page, args=(SCORES,), default_timeout=60).run()
    assert not found.exception
    texts = " ".join(element.value for element in found.markdown)
    assert "**LoRA**: by −20 points on average, interval −30 to −10. The interval leaves 0 out: it fell." in texts
    assert "interval −10 to +5.0. The interval holds 0: so few prompts do not tell whether it changed." in texts
    assert "| **Mean** | **85.0** | **65.0** | **82.5** |" in texts
    assert "judge says instead how sure it is" in found.caption[-1].value


def test_pictures_come_first() -> None:
    shown = run(way("lora"))
    shown.__dict__["pictures"] = [
        Picture(role="picture", details={"title": title, "caption": "A house"}) for title in ("Before", "LoRA")
    ]
    assert next(iter(LOOK.tabs(shown))) == "Pictures"
