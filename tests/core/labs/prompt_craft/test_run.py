"""A run of the lab: its record, its pictures, and what it says of prompts that are empty, odd or too long."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.errors import InvalidSettings
from core.labs.prompt_craft.run import MEANS_NOTHING, NO_WORDS
from core.labs.prompt_craft.settings import Settings, joined
from core.labs.prompt_craft.stages import stage_of
from core.measure.progress import SilentProgress
from core.models.catalog import CLIP
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs import loading
from core.runs.execution import Outcome, execute
from core.runs.parsing import parse_settings
from core.runs.png import made_with
from core.runs.registry import LABS
from tests.core.labs.conftest import Watcher
from tests.core.labs.prompt_craft.conftest import SETTINGS
from tests.core.measure.run_schema import assert_valid

LAB = LABS["prompt_craft"]


def run(resident: Resident, progress: Any = None, **settings: Any) -> Outcome:
    small = {"num_inference_steps": 1, "last_steps": 2, "side": 64, "most_words": 0}
    return execute("prompt_craft", SETTINGS | small | settings, progress or SilentProgress(), resident)


def found(outcome: Outcome) -> dict[str, Any]:
    made: dict[str, Any] = outcome.record["outputs"]["prompt_craft"]
    return made


def moved(outcome: Outcome, control: str) -> list[float]:
    return [each["moved"] for each in found(outcome)["controls"] if each["control"] == control]


def test_the_record_keeps_to_the_schema(outcome: Outcome) -> None:
    assert_valid(outcome.record)
    assert [model["id"] for model in outcome.record["models"]] == ["clip-vit-base-patch16", "stable-diffusion-1.5"]
    assert outcome.record["models"][0]["parameters"] == 159_279
    assert set(found(outcome)) == {"eyes", "stages", "words", "controls", "tokens", "prompt"}


def test_every_stage_has_all_words_before_it(outcome: Outcome) -> None:
    stages = found(outcome)["stages"]
    assert [stage["stage"] for stage in stages] == ["subject", "details", "style", "negative", "magic", "parameters"]
    assert [stage["negative_prompt"] for stage in stages] == [*[""] * 3, *["blurry, text, watermark"] * 3]
    prompts = [stage["prompt"] for stage in stages]
    assert prompts[0] == "A calm sea" and prompts[1] == "A calm sea at sunset with a boat"
    assert prompts[-1] == prompts[-2] == f"{prompts[3]}, highly detailed, 8k, masterpiece" == found(outcome)["prompt"]
    assert (stages[-1]["num_inference_steps"], stages[-1]["guidance_scale"]) == (5, 5.0)
    assert stages[0]["moved"] is None and all(stage["moved"] > 0 for stage in stages[1:])


def test_every_picture_is_timed_and_counted(outcome: Outcome) -> None:
    repeats, made = outcome.record["repeats"], found(outcome)
    figures = [*made["stages"], *made["words"], *made["controls"]]
    assert [each["wall_s"] for each in figures] == [repeat["wall_s"] for repeat in repeats]
    assert [each["evaluations"] for each in figures] == [repeat["evaluations"] for repeat in repeats]
    assert [picture.details["index"] for picture in outcome.pictures] == list(range(len(repeats)))
    assert outcome.record["limit"] and outcome.record["memory"]["peak"]


def test_every_word_is_left_out_once_with_the_stage_it_is_of(outcome: Outcome) -> None:
    words = found(outcome)["words"]
    assert " ".join(word["word"] for word in words) == found(outcome)["prompt"].replace(",", "")
    of = {stage: [word["word"] for word in words if word["stage"] == stage] for stage in ("subject", "style", "magic")}
    assert of == {
        "subject": ["A", "calm", "sea"],
        "style": ["watercolor"],
        "magic": ["highly", "detailed", "8k", "masterpiece"],
    }


def test_the_same_again_does_not_move_and_a_named_thing_moves_more_than_a_magic_word(outcome: Outcome) -> None:
    by_word = {word["word"]: word["moved"] for word in found(outcome)["words"]}
    assert moved(outcome, "again") == [0.0] and moved(outcome, "other_seed")[0] > 10
    assert by_word["watercolor"] > 3 * by_word["8k"]


def test_a_nonsense_word_does_little_to_the_twin_and_its_own_words_much(kept: Resident) -> None:
    outcome = run(
        kept,
        side=128,
        num_inference_steps=8,
        most_words=75,
        style="",
        magic="zqxv",
        subject="A boat",
        details="at night",
    )
    by_word = {word["word"]: word["moved"] for word in found(outcome)["words"]}
    assert by_word["zqxv"] < by_word["night"] / 3 and by_word["zqxv"] < moved(outcome, "other_seed")[0] / 3


def test_a_question_can_ask_how_words_compare(outcome: Outcome) -> None:
    made = found(outcome)
    magic = max(word["moved"] for word in made["words"] if word["stage"] == "magic")
    others = max(word["moved"] for word in made["words"] if word["stage"] != "magic")
    values = {name: measure.values(outcome.record) for name, measure in LAB.predictable.items()}
    assert values == {
        "magic_over_others": [magic / others],
        "magic_over_nonsense": [magic / moved(outcome, "nonsense")[0]],
        "word_over_seed": [max(magic, others) / moved(outcome, "other_seed")[0]],
        "unread_moved": [],
        "negative_evaluations": [1.0],
    }
    assert all(measure.values({"outputs": {}}) == [] for measure in LAB.predictable.values())


def test_stages_that_add_nothing_are_left_out(kept: Resident) -> None:
    outcome = run(kept, details=" ", negative_prompt="", nonsense="", last_steps=1, last_guidance_scale=7.5)
    made = found(outcome)
    assert [stage["stage"] for stage in made["stages"]] == ["subject", "style", "magic"]
    assert [each["control"] for each in made["controls"]] == ["again", "other_seed"]


def test_an_empty_prompt_is_drawn_and_said_to_hold_no_word(kept: Resident) -> None:
    empty = dict.fromkeys(("subject", "details", "style", "magic", "negative_prompt", "nonsense"), "")
    outcome = run(kept, **empty, most_words=None)
    assert outcome.record["state"] == "finished" and NO_WORDS in outcome.record["notes"]
    assert_valid(outcome.record)
    made = found(outcome)
    assert (made["prompt"], made["words"], made["tokens"]["prompt"]["count"]) == ("", [], 2)
    assert made["stages"][0]["similarity"] is None and made["stages"][0]["similarity_reason"] == "the prompt is empty"


def test_of_a_thousand_words_the_rest_is_shown_to_do_nothing(kept: Resident) -> None:
    outcome = run(kept, details=", ".join(["old boat"] * 500), most_words=2)
    assert outcome.record["state"] == "finished"
    assert_valid(outcome.record)
    made = found(outcome)
    assert moved(outcome, "unread") == [0.0] and moved(outcome, "nonsense") == []
    assert made["tokens"]["prompt"]["count"] > 1000 and [word["word"] for word in made["words"]] == ["A", "calm"]
    notes = " ".join(outcome.record["notes"])
    assert "The text encoder reads 48 tokens" in notes and "the first 2 were left out" in notes


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"subject": "a" * 8001}, "subject"),
        ({"num_inference_steps": 0}, "num_inference_steps"),
        ({"most_words": 76}, "most_words"),
        ({"side": 100}, "side"),
        ({"guidance_scale": 201}, "guidance_scale"),
        ({"seed": -1}, "seed"),
        ({"prompt": "a sea"}, "prompt"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidSettings, match=told):
        parse_settings(LAB, settings)


def test_signs_of_every_kind_are_drawn(kept: Resident) -> None:
    outcome = run(kept, subject="🚢 <b>boat</b> $x$ \n `sea`", style="(((art)))", most_words=2)
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)


def test_a_stopped_run_keeps_its_pictures_and_compares_them(kept: Resident) -> None:
    stop = Watcher(stop_when=lambda watcher: watcher.step >= 3)
    outcome = run(kept, stop)
    assert outcome.record["state"] == "cancelled"
    assert_valid(outcome.record)
    assert len(outcome.pictures) == len(outcome.record["repeats"]) == len(found(outcome)["stages"]) > 0


def test_random_weights_are_looked_at_by_clip(clip_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of what a run of the full size does, with small networks in their places."""
    twin = checkpoint("stable-diffusion-1.5", "embedded", SilentProgress())
    small = replace(twin, path=str(clip_folder), source="dummy")
    monkeypatch.setattr(
        loading, "checkpoint", lambda name, *_: small if name == CLIP else replace(twin, source="dummy")
    )
    monkeypatch.setattr(loading, "check_room", lambda *_: None)
    outcome = run(Resident(), source="dummy", most_words=1)
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    made = found(outcome)
    assert made["eyes"] == "clip" and MEANS_NOTHING in outcome.record["notes"]
    assert all(each["moved_in_clip"] >= 0 for each in (*made["stages"][1:], *made["words"]))
    assert all(0 <= each["similarity"] <= 100 and "asked" not in each for each in made["stages"])


def test_a_picture_makes_the_whole_run_again(kept: Resident) -> None:
    outcome = run(kept, seed=3)
    last = [picture for picture in outcome.pictures if picture.role == "picture"][-1]
    lab, settings = made_with(last.png)
    again = execute(lab, settings, SilentProgress(), kept)
    same = [picture for picture in again.pictures if picture.role == "picture"][-1]
    assert again.record["settings"] == outcome.record["settings"]
    assert Image.open(io.BytesIO(same.png)).tobytes() == Image.open(io.BytesIO(last.png)).tobytes()


def test_places_of_a_prompt_belong_to_the_stage_that_brought_them() -> None:
    settings = Settings(subject="", details="a sea", style="", magic="8k")
    assert settings.prompt == joined("", "a sea", "", "8k") == "a sea, 8k"
    assert [stage_of(settings, place) for place in (0, 2, 7)] == ["details", "details", "magic"]
