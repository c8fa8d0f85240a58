"""What the result of the noise lab says in its sentence and its figures."""

from typing import Any

from core.store.tables import Run
from ui.labs.ddpm import LOOK
from ui.runs import ShownRun


def way(name: str, evaluations: int, wall_s: float, detail: float = 10) -> dict[str, Any]:
    title = "DDIM" if name.startswith("ddim") else "DDPM" if name == "ddpm" else "DDPM without σ"
    return {
        "name": name,
        "title": title,
        "evaluations": evaluations,
        "wall_s": wall_s,
        "seconds_per_evaluation": wall_s / evaluations,
        "detail": detail,
        "apart": None,
    }


def run(*ways: dict[str, Any]) -> ShownRun:
    record = {"outputs": {"ways": list(ways)}, "device": {"type": "cpu"}, "memory": {}}
    return ShownRun(Run(id="r", record=record))


def test_the_sentence_sets_the_longest_short_way_beside_every_step() -> None:
    told = LOOK.sentence(run(way("ddpm", 512, 8.0), way("ddim_10", 10, 0.2), way("ddim_50", 50, 0.8)))
    assert told == (
        "DDPM asked the network 512 times and took 8.00 s. "
        "DDIM asked 50 times and was done in 0.800 s: 10 times as fast."
    )


def test_without_a_short_way_the_sentence_is_about_the_added_noise() -> None:
    told = LOOK.sentence(run(way("ddpm", 512, 8.0, 13.0), way("no_noise", 512, 8.0, 7.0)))
    assert (
        told == "With noise added back, neighbouring colour values differ by 13 of 255 on average; without it by 7.0."
    )


def test_a_single_way_is_told_with_its_time() -> None:
    assert LOOK.sentence(run(way("ddim_1", 1, 0.05))) == "DDIM asked the network once and took 50.0 ms."
    assert LOOK.sentence(run()) == ""


def test_the_same_way_is_not_a_figure_twice() -> None:
    labels = [figure.label for figure in LOOK.figures(run(way("ddim_50", 50, 0.8)))]
    assert labels == ["DDIM, 50", "Time per evaluation", "Most RAM at once"]
