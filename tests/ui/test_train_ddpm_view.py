"""What the result of the training lab says in its sentence and its figures."""

from typing import Any

from streamlit.testing.v1 import AppTest

from core.store.tables import Run
from ui.labs.train_ddpm import LOOK, _line, _parts
from ui.runs import ShownRun

TRAINED: dict[str, Any] = {
    "first_step": 0,
    "last_step": 240,
    "steps": 400,
    "seconds": 60.0,
    "steps_per_s": 4.0,
    "losses": [[1, 1.08], [240, 0.081]],
    "points": [
        {"step": 0, "plain_loss": 1.1, "averaged_loss": 1.1},
        {"step": 240, "plain_loss": 0.1, "averaged_loss": 0.09},
    ],
}
VARIANTS = [
    {"name": "inference", "title": "Drawing", "total_bytes": 10, "measured": {"weights": 2, "step": 8}},
    {"name": "training", "title": "Training", "total_bytes": 41, "measured": {"weights": 2, "moments": 4, "step": 35}},
]


def run(variants: list[dict[str, Any]] | None = None, **changes: Any) -> ShownRun:
    outputs: dict[str, Any] = {"training": TRAINED | changes, "variants": variants or []}
    limit = {"value": 0.05, "unit": "s/step", "basis": "x", "kind": "compute"}
    record = {"outputs": outputs, "device": {"type": "cpu"}, "memory": {}, "limit": limit}
    return ShownRun(Run(id="r", record=record))


def test_the_sentence_tells_steps_time_loss_and_memory() -> None:
    told = LOOK.sentence(run(VARIANTS))
    assert told == (
        "240 steps in 60.0 s: the loss went from 1.1 to 0.081. Training held 4.1 times the bytes that drawing holds."
    )


def test_a_run_that_went_on_counts_its_own_steps() -> None:
    assert LOOK.sentence(run(first_step=239)).startswith("1 step in 60.0 s: ")
    assert LOOK.sentence(run(losses=[])) == ""
    assert LOOK.sentence(ShownRun(Run(id="r", record={"outputs": {}}))) == ""


def test_the_figures_stand_beside_the_limit() -> None:
    figures = {figure.label: figure for figure in LOOK.figures(run())}
    assert list(figures) == ["Steps per second", "Held-out loss", "Trained so far"]
    assert figures["Steps per second"].value == "4.00" and "20% of the limit" in figures["Steps per second"].help
    assert figures["Held-out loss"].value == "0.090" and figures["Trained so far"].value == "240 steps"


def test_the_table_says_what_was_not_computed() -> None:
    assert _line(("Training", "weights", None, 2 * 2**20)) == "| Training | weights | not computed | 2.00 MiB |"
    variant = VARIANTS[1] | {"computed": {"weights": 2, "moments": 4}}
    assert _parts([variant])[-1] == ("", "the step itself", None, 35)


def page() -> None:
    from PIL import Image

    from core.runs.png import png
    from core.store.tables import Picture, Run
    from ui.labs.train_ddpm import LOOK
    from ui.runs import ShownRun

    drawn = png(Image.new("RGB", (16, 16)), {})
    details = [{"step": step, "weights": weights} for step in (0, 5, 10) for weights in ("plain", "averaged")]
    run = ShownRun(Run(id="r", record={"settings": {"network": "small"}}))
    run.__dict__["pictures"] = [Picture(role="drawn", details=each, png=drawn) for each in details]
    LOOK.tabs(run)["Drawn on the way"](run, "here")


def test_a_slider_goes_through_what_was_drawn_and_begins_at_the_end() -> None:
    app = AppTest.from_function(page).run(timeout=30)
    assert not app.exception
    slider = app.select_slider[0]
    assert (slider.options, slider.value) == (["0", "5", "10"], 10)
    assert "16 x 16 pixels" in slider.help
    assert not slider.set_value(0).run(timeout=30).exception
