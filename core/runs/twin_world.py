"""The little worlds that the small twins were trained on, and what of a prompt lies outside.

No torch here. The pictures' words are those of the captions in training/, which the app does without; a test compares
both. The stories' words are read from the language twin's own tokenizer, in which every word of its stories is a token.

    >>> unknown_words(PICTURES, "A dragon on a bicycle at sunset")
    ('dragon', 'bicycle')
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.config import ROOT

OBJECTS = ("house", "boat", "tree", "cat")
KNOWN_OBJECTS = "house, boat, tree and cat"
PICTURE_VOCABULARY = """
a and art at beautiful blurry boat book by calm cartoon cat city colors comic cottage cute day deformed detailed digital
drawing during dusk evening fluffy forest futuristic green highly house in landscape large light lonely moonlight
mountain mountains night noon ocean of old on painting pine playful poor professional quality quiet sailing sea ship
skyline small snowy stars style sunny sunset text the town tree ugly under vibrant view watercolor watercolour
watermark wide with woods
"""
PICTURE_WORDS = frozenset(PICTURE_VOCABULARY.split())
FILLERS = frozenset(
    ("an", "are", "from", "her", "his", "is", "it", "its", "my", "some", "that", "their", "this", "very")
)
"""Words that say too little for a picture to miss them."""
TOKENIZER = ROOT / "embedded_models" / "qwen3-0.6b" / "tokenizer.json"
WORD = re.compile(r"\d*[^\W\d_]+")
MOST_NAMED = 6

PICTURE_WORLD = (
    "The twin has seen only small drawn landscapes: a city, mountains, the sea or a forest, by day, at sunset or at "
    "night, with a house, a boat, a tree or a cat."
)


@dataclass(frozen=True)
class World:
    """What the twins of some labs were trained on.

    Attributes:
        told: what they have met.
        does: what they do with anything else.
        words: those that they know, in small letters; empty where that cannot be told.
    """

    told: str
    does: str
    words: Callable[[], frozenset[str]]


@lru_cache
def story_words(tokenizer: Path) -> frozenset[str]:
    """Every word that is one token, in small letters; nothing where there is no such tokenizer.

    A byte-level vocabulary writes the space before a word as `Ġ`.
    """
    if not tokenizer.is_file():
        return frozenset()
    vocabulary = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    return frozenset(token.removeprefix("Ġ").lower() for token in vocabulary)


PICTURES = World(PICTURE_WORLD, "It paints what it knows.", lambda: PICTURE_WORDS | FILLERS)
STORIES = World(
    "The twin has read nothing but fairy tales.", "It goes on with what it knows.", lambda: story_words(TOKENIZER)
)


def outside(world: World, prompt: str) -> str:
    """What to say of a prompt that leaves the twin's world; empty for one that stays in it."""
    unknown = unknown_words(world, prompt)
    if not unknown:
        return ""
    more = f" and {len(unknown) - MOST_NAMED} more words" if len(unknown) > MOST_NAMED else ""
    return f"{world.told} It does not know: {', '.join(unknown[:MOST_NAMED])}{more}. {world.does}"


def unknown_words(world: World, prompt: str) -> tuple[str, ...]:
    """The words of a prompt that the twin has never met, each once, in their order."""
    known = world.words()
    words = dict.fromkeys(WORD.findall(prompt))
    return tuple(word for word in words if known and word.lower() not in known)
