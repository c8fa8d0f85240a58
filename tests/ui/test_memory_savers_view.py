"""What the result of the memory savers' lab says in its sentence, and how it writes bytes."""

from typing import Any

from core.store.tables import Run
from ui.labs.memory_savers import LOOK
from ui.runs import ShownRun


def entry(name: str, needed: int, ratio: float, moved: float) -> dict[str, Any]:
    return {
        "name": name,
        "title": name.replace("_", " "),
        "is_available": True,
        "memory": {"meter": "process_rss", "needed_bytes": needed},
        "time_ratio": ratio,
        "pixel_distance": moved,
    }


def sentence(*entries: dict[str, Any]) -> str:
    return LOOK.sentence(ShownRun(Run(id="r", record={"outputs": {"variants": list(entries)}})))


PLAIN = entry("plain", 200, 1.0, 0.0)


def test_the_sentence_names_the_best_single_saver_and_its_price() -> None:
    told = sentence(PLAIN, entry("half_precision", 110, 0.7, 2.9), entry("together", 70, 0.8, 9.0))
    assert (
        told == "Half precision needed 55% of the memory in 0.70 times the time, and moved the picture by 2.9 of 255."
    )


def test_a_saver_that_moves_nothing_says_so() -> None:
    assert sentence(PLAIN, entry("vae_slicing", 160, 1.0, 0.0)).endswith("for the same picture.")


def test_savers_that_save_nothing_are_not_praised() -> None:
    assert sentence(PLAIN, entry("attention_slicing", 210, 1.3, 0.0)) == "No saver took less memory here."


def test_a_plain_program_that_did_not_fit_is_the_finding() -> None:
    full = {"name": "plain", "title": "nothing saved", "is_available": False, "is_full": True, "reason": "full"}
    assert "did not fit" in sentence(full, entry("vae_slicing", 160, 1.0, 0.0))
