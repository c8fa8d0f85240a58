"""What the result of the lab on moving pictures says of a run."""

from typing import Any

from core.store.tables import Run
from ui.labs.text_to_video import LOOK
from ui.runs import ShownRun


def clip(num_frames: int, wall_s: float, has_motion: bool = True, apart: float = 2.0) -> dict[str, Any]:
    figures = {"wall_s": wall_s, "evaluations": 20, "seconds_per_evaluation": wall_s / 20}
    figures |= {"pictures_computed": 40 * num_frames, "peak_meter": "process_rss_bytes", "peak_bytes": 2**30}
    return {
        "index": 0,
        "num_frames": num_frames,
        "has_motion": has_motion,
        "apart": [apart] * (num_frames - 1),
    } | figures


FILM = [clip(1, 1.0), clip(8, 6.0), clip(8, 5.0, has_motion=False, apart=30.0)]


def shown(*clips: dict[str, Any], source: str = "embedded") -> ShownRun:
    outputs = {"text_to_video": {"clips": list(clips)}}
    record = {"settings": {"source": source}, "repeats": [], "memory": {}, "outputs": outputs}
    run = ShownRun(Run(id="r", record=record | {"device": {"type": "cpu"}}))
    run.__dict__["pictures"] = []
    return run


def test_the_sentence_tells_time_and_what_motion_modules_do() -> None:
    assert LOOK.sentence(shown(*FILM)) == (
        "8 frames took 6.0 times as long as one. "
        "From frame to frame the film changes by 2.0 of 255, and by 30 without motion modules."
    )
    assert LOOK.sentence(shown()) == ""
    assert LOOK.sentence(shown(clip(8, 6.0))) == "The film of 8 frames took 6.00 s."


def test_random_weights_say_nothing_of_how_frames_agree() -> None:
    assert LOOK.sentence(shown(*FILM, source="dummy")) == "8 frames took 6.0 times as long as one."


def test_the_figures_are_those_of_the_longest_film() -> None:
    longest, each, computed, _ = LOOK.figures(shown(*FILM))
    assert (longest.value, each.value, computed.value) == ("6.00 s", "0.750 s", "320 ×")
    assert all(figure.value is None for figure in LOOK.figures(shown())[:3])


def test_a_run_that_was_stopped_early_has_no_tabs() -> None:
    assert LOOK.tabs(shown()) == {}
    assert "Frame to frame" not in LOOK.tabs(shown(*FILM[:2])) and "Time" in LOOK.tabs(shown(*FILM[:2]))


def test_a_film_of_one_frame_has_no_distances() -> None:
    assert "Frame to frame" not in LOOK.tabs(shown(clip(1, 1.0), clip(1, 1.0, has_motion=False)))
