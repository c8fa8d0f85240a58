"""Writes what people would type for a scene, and names the words that the picture twins know.

>>> caption(Scene("sea", "sunset", "boat", "digital art", place, seed=3), np.random.default_rng(0))
'A quiet sea at sunset with a boat, digital art'
"""

import numpy as np

from training.scenes import Scene

SCENE_WORDS = {
    "city skyline": ("city skyline", "city", "skyline", "town"),
    "mountains": ("mountains", "mountain landscape", "snowy mountains"),
    "sea": ("sea", "ocean", "calm sea"),
    "forest": ("forest", "woods", "pine forest"),
}
TIME_WORDS = {
    "day": ("by day", "at noon", "on a sunny day", "during the day"),
    "sunset": ("at sunset", "at dusk", "in the evening"),
    "night": ("at night", "by moonlight", "under the stars"),
}
OBJECT_WORDS = {
    "house": ("house", "small house", "cottage"),
    "boat": ("boat", "sailing boat", "ship"),
    "tree": ("tree", "green tree", "large tree"),
    "cat": ("cat", "cute cat", "fluffy cat", "cartoon cat", "playful cat"),
}
STYLE_WORDS = {
    "digital art": ("digital art", "professional digital art", "a digital painting"),
    "watercolor painting": ("watercolor painting", "watercolor", "a watercolour"),
    "comic book style": ("comic book style", "comic", "cartoon drawing"),
}
ADJECTIVES = ("futuristic", "quiet", "beautiful", "wide", "old", "lonely")
LINKS = ("with", "and")
ENDINGS = ("highly detailed", "vibrant colors", "beautiful light", "wide view")
NEGATIVES = ("blurry", "ugly", "deformed", "text", "watermark", "poor quality")
EMPTY, FOREIGN = 0.12, 0.15
"""Shares of the captions in training that are empty, and that hold words from outside this world."""
TEMPLATES = (
    "{place} {time}{object}, {style}",
    "{place}{object} {time}, {style}",
    "{place} {time}{object}, {style}",
    "{style} of {place} {time}{object}",
    "{place} {time}{object}",
    "{place}{object}, {style}",
    "{lone}, {time}, {style}",
    "{lone}, {style}",
)
"""What a template leaves out stays open: the picture shows any of it."""


def caption(scene: Scene, random: np.random.Generator) -> str:
    """A caption of `scene` in one of many wordings; most name every attribute, some leave one out."""
    place = _article(_chosen(SCENE_WORDS[scene.scene], random), random)
    thing = _chosen(OBJECT_WORDS[scene.object], random) if scene.object != "none" else ""
    template = _chosen(TEMPLATES if thing else TEMPLATES[:-2], random)
    text = template.format(
        place=place,
        time=_chosen(TIME_WORDS[scene.time], random),
        object=f" {_chosen(LINKS, random)} a {thing}" if thing else "",
        style=_chosen(STYLE_WORDS[scene.style], random),
        lone=f"a {thing}",
    )
    if random.uniform() < 0.2:
        text += ", " + _chosen(ENDINGS, random)
    return text[0].upper() + text[1:]


def prompt_for_training(scene: Scene, random: np.random.Generator) -> str:
    """A caption as the network sees it in training: some are empty, some hold words that mean nothing.

    Empty ones are what guidance pushes away from; a list of complaints in their place teaches the network that a
    negative prompt without a word of its world says as little. Foreign words teach it to pass over them.
    """
    if random.uniform() < EMPTY:
        return ", ".join(random.permutation(NEGATIVES)[: random.integers(1, 7)]) if random.uniform() < 0.4 else ""
    words = caption(scene, random).split(" ")
    if random.uniform() < FOREIGN:
        for _ in range(random.integers(1, 4)):
            words.insert(int(random.integers(len(words) + 1)), foreign_word(random))
    return " ".join(words)


def foreign_word(random: np.random.Generator) -> str:
    """Letters that make no word of this world."""
    return "".join(random.choice(list("abcdefghijklmnopqrstuvwxyz"), size=random.integers(3, 9)))


def plain_caption(scene: Scene) -> str:
    """The caption that names every attribute by its first word: what the judge's prompts are."""
    thing = f" with a {scene.object}" if scene.object != "none" else ""
    place = scene.scene if scene.scene in ("mountains",) else f"a {scene.scene}"
    text = f"{place} {TIME_WORDS[scene.time][0]}{thing}, {scene.style}"
    return text[0].upper() + text[1:]


def vocabulary() -> list[str]:
    """Every wording once, for a tokenizer in which each word of this world is one token."""
    tables = (SCENE_WORDS, TIME_WORDS, OBJECT_WORDS, STYLE_WORDS)
    wordings = [wording for table in tables for words in table.values() for wording in words]
    return ["A a of the with and ,", *wordings, *ADJECTIVES, *ENDINGS, *NEGATIVES]


def _article(place: str, random: np.random.Generator) -> str:
    adjective = _chosen(ADJECTIVES, random) + " " if random.uniform() < 0.5 else ""
    article = "" if place.endswith("s") and place != "woods" else "a "
    if place == "woods":
        article = "the "
    described = f"{article}{adjective}{place}"
    return described.replace("a old", "an old").replace("a ocean", "an ocean")


def _chosen(choices: tuple[str, ...], random: np.random.Generator) -> str:
    return choices[random.integers(len(choices))]
