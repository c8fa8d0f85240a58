"""The twin's world as the app knows it is the one that training/ draws and captions."""

import doctest
import json
import re
from pathlib import Path

import pytest

from core.runs import twin_world
from core.runs.parsing import parse_settings
from core.runs.registry import LABS
from core.runs.twin_world import (
    KNOWN_OBJECTS,
    MOST_NAMED,
    OBJECTS,
    PICTURE_WORDS,
    PICTURES,
    STORIES,
    outside,
    story_words,
    unknown_words,
)
from training import captions, scenes

GRAMMAR = [Path(captions.__file__).with_name(name) for name in ("stories.txt", "grammar.py")]


def test_the_example_is_true() -> None:
    assert doctest.testmod(twin_world).failed == 0


def test_the_words_are_those_of_the_captions() -> None:
    written = {word.lower() for line in captions.vocabulary() for word in re.findall(r"[^\W\d_]+", line)}
    assert written == PICTURE_WORDS


def test_the_objects_are_those_that_are_drawn() -> None:
    assert ("none", *OBJECTS) == scenes.OBJECTS
    assert all(name in KNOWN_OBJECTS for name in OBJECTS)
    named = (*OBJECTS, "city", "mountains", "sea", "forest", *scenes.TIMES)
    assert all(thing in twin_world.PICTURE_WORLD for thing in named)


@pytest.mark.parametrize("lab", ["text_to_image", "inpainting"])
def test_every_suggestion_for_a_picture_stays_in_the_twins_world(lab: str) -> None:
    for prompt in LABS[lab].suggestions.values():
        assert unknown_words(PICTURES, prompt) == ()
        parse_settings(LABS[lab], {"prompt": prompt})


def test_every_suggestion_for_a_story_is_made_of_the_stories_words() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in GRAMMAR)
    known = {word.lower() for word in re.findall(r"[^\W\d_]+", text)}
    for prompt in LABS["text_generation"].suggestions.values():
        assert {word.lower() for word in re.findall(r"[^\W\d_]+", prompt)} <= known


@pytest.mark.parametrize("lab", ["text_generation", "text_to_image"])
def test_the_lessons_prompt_is_among_the_suggestions(lab: str) -> None:
    assert LABS[lab].settings().prompt in LABS[lab].suggestions.values()  # type: ignore[attr-defined]


def test_a_prompt_outside_is_told_kindly_with_its_words() -> None:
    told = outside(PICTURES, "A Dragon on a bicycle, and a dragon at sunset")
    assert "does not know: Dragon, bicycle." in told.replace(", dragon", "") and "paints what it knows" in told
    assert outside(PICTURES, "An old city at night, WATERCOLOR") == ""


def test_a_word_that_begins_with_a_number_is_named_whole() -> None:
    assert unknown_words(PICTURES, "a calm sea, 8k, masterpiece") == ("8k", "masterpiece")


def test_a_long_list_of_unknown_words_is_cut() -> None:
    told = outside(PICTURES, " ".join(f"x{letter}" for letter in "abcdefghij"))
    assert told.count("x") - told.count("ex") >= MOST_NAMED and "4 more words" in told


def test_story_words_are_whole_tokens_of_the_tokenizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = tmp_path / "tokenizer.json"
    tokenizer.write_text(json.dumps({"model": {"vocab": {"Once": 0, "Ġupon": 1, "Ġtime": 2, "a": 3, ",": 4}}}))
    monkeypatch.setattr(twin_world, "TOKENIZER", tokenizer)
    assert unknown_words(STORIES, "once upon a rocket") == ("rocket",)
    assert "fairy tales" in outside(STORIES, "A rocket")


def test_without_a_tokenizer_no_word_is_called_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert story_words(tmp_path / "none.json") == frozenset()
    monkeypatch.setattr(twin_world, "TOKENIZER", tmp_path / "none.json")
    assert outside(STORIES, "A rocket") == ""


def test_every_lab_with_a_model_says_what_carries_over_in_one_sentence() -> None:
    for lab in LABS.values():
        sentence = lab.carries_over
        assert bool(sentence) is bool(lab.models)
        if sentence:
            assert sentence.endswith(".") and ". " not in sentence and "random weights of the real size" in sentence
