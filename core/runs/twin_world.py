"""The little world that the embedded twins were trained on: what to ask them, what they do not know, what carries over.

No torch here. The pictures' words are those of the captions in training/, which the app does without; a test compares
both. The stories' words are read from the language twin's own tokenizer, in which every word of its stories is a token.

    >>> unknown_words("text_to_image", "A dragon on a bicycle at sunset")
    ('dragon', 'bicycle')
"""

import json
import re
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
WORD = re.compile(r"[^\W\d_]+")
MOST_NAMED = 6

PICTURE_WORLD = (
    "The twin has seen only small drawn landscapes: a city, mountains, the sea or a forest, by day, at sunset or at "
    "night, with a house, a boat, a tree or a cat."
)
WORLDS = {
    "text_generation": ("The twin has read nothing but fairy tales.", "It goes on with what it knows."),
    "text_to_image": (PICTURE_WORLD, "It paints what it knows."),
    "inpainting": (PICTURE_WORLD, "It paints what it knows."),
}
SUGGESTIONS: dict[str, dict[str, str]] = {
    "text_generation": {
        "Far, far away": "Once upon a time, in a land far, far away,",
        "By the sea": "Long ago, in a small village by the sea,",
        "A young dragon": "Once upon a time, in a land far, far away, there lived a young dragon named",
    },
    "text_to_image": {
        "City at sunset": "A futuristic city skyline at sunset, digital art",
        "House in the mountains": "Snowy mountains at night with a small house, watercolor painting",
        "Boat on the sea": "A calm sea on a sunny day with a sailing boat, comic book style",
        "Cat in the forest": "A pine forest by moonlight and a fluffy cat, digital art",
    },
    "inpainting": {
        "Cat": "A cute, fluffy, playful cartoon cat, vibrant colors, highly detailed, professional digital art",
        "Boat": "A sailing boat, digital art",
        "Tree": "A large green tree, digital art",
        "House": "A small house, digital art",
    },
}
LAST_TWO = "random weights of the real size show the last two"
CARRIES_OVER = {
    "load_model": "How a model is loaded, and into which memory, carries over to the real one; its time and size do "
    "not: random weights of the real size show those.",
    "text_generation": "How a text grows token by token, and what seed and temperature do, carries over to the real "
    f"model; what it can tell, time and memory do not: {LAST_TWO}.",
    "precision": "That fewer bits move the output further, and that only Linear layers shrink, carries over to the "
    "real model; how far, how many bytes and how fast do not: random weights of the real size show bytes and speed.",
    "text_to_image": "How seed, steps and guidance act carries over to the real model; picture quality, time and "
    f"memory do not: {LAST_TWO}.",
    "image_classification": "What normalising, eval mode and inference mode do carries over to the real model; which "
    f"objects it knows, time and memory do not: {LAST_TWO}.",
    "inpainting": "How detector and painter work together carries over to the real program; what they find and paint, "
    f"time and memory do not: {LAST_TWO}.",
    "optimisation": "What each variant changes, and whether it still writes or draws the same, carries over to the "
    f"real model; the times, what compiling costs and memory do not: {LAST_TWO}.",
}
"""One sentence per lab for every result of a twin."""


def outside(lab: str, prompt: str) -> str:
    """What to say of a prompt that leaves the twin's world; empty for one that stays in it."""
    unknown = unknown_words(lab, prompt)
    if not unknown:
        return ""
    world, does = WORLDS[lab]
    more = f" and {len(unknown) - MOST_NAMED} more words" if len(unknown) > MOST_NAMED else ""
    return f"{world} It does not know: {', '.join(unknown[:MOST_NAMED])}{more}. {does}"


def unknown_words(lab: str, prompt: str) -> tuple[str, ...]:
    """The words of a prompt that the lab's twin has never met, each once, in their order."""
    known = story_words(TOKENIZER) if lab == "text_generation" else PICTURE_WORDS | FILLERS
    words = dict.fromkeys(WORD.findall(prompt))
    return tuple(word for word in words if known and word.lower() not in known)


@lru_cache
def story_words(tokenizer: Path) -> frozenset[str]:
    """Every word that is one token, in small letters; nothing where there is no such tokenizer.

    A byte-level vocabulary writes the space before a word as `Ġ`.
    """
    if not tokenizer.is_file():
        return frozenset()
    vocabulary = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    return frozenset(token.removeprefix("Ġ").lower() for token in vocabulary)
