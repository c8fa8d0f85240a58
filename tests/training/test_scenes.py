import numpy as np
import pytest

from training.captions import OBJECT_WORDS, caption, plain_caption, prompt_for_training, vocabulary
from training.scenes import ATTRIBUTES, OBJECTS, Scene, draw, random_scene, with_object


def a_scene(**fixed: str) -> Scene:
    return random_scene(np.random.default_rng(3), **fixed)


def test_a_scene_is_drawn_the_same_every_time() -> None:
    first, second = draw(a_scene(), 64), draw(a_scene(), 64)
    assert first.picture.tobytes() == second.picture.tobytes() and first.mask.tobytes() == second.mask.tobytes()


def test_another_seed_draws_another_picture() -> None:
    random = np.random.default_rng(3)
    first, second = random_scene(random, object="cat"), random_scene(random, object="cat")
    assert draw(first, 64).picture.tobytes() != draw(second, 64).picture.tobytes()


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_value_of_an_attribute_changes_the_picture(name: str) -> None:
    drawn = {draw(_with(name, value), 64).picture.tobytes() for value in ATTRIBUTES[name]}
    assert len(drawn) == len(ATTRIBUTES[name])


def _with(name: str, value: str) -> Scene:
    fixed = {"scene": "sea", "time": "day", "object": "cat", "style": "digital art"} | {name: value}
    return a_scene(**fixed)


@pytest.mark.parametrize("name", OBJECTS)
def test_the_mask_covers_the_object_and_nothing_else(name: str) -> None:
    scene = a_scene(object=name, style="digital art")
    drawn = draw(scene, 64)
    bare = draw(with_object(scene, "none"), 64, foot=name)
    changed = np.abs(np.asarray(drawn.picture).astype(int) - np.asarray(bare.picture)).max(axis=2) > 8
    inside = np.asarray(drawn.mask) > 0
    assert not (changed & ~inside).any()
    assert (changed.sum() == 0) if name == "none" else changed.sum() > 0.9 * (np.asarray(drawn.mask) > 250).sum() > 100


def test_sizes_show_the_same_scene() -> None:
    scene = a_scene(object="house", style="digital art")
    large = np.asarray(draw(scene, 256).picture.reduce(4)).astype(int)
    assert np.abs(large - np.asarray(draw(scene, 64).picture)).mean() < 12


def test_random_scenes_cover_all_attributes_evenly() -> None:
    random = np.random.default_rng(0)
    scenes = [random_scene(random) for _ in range(600)]
    for name, values in ATTRIBUTES.items():
        for value in values:
            share = sum(scene.attribute(name) == value for scene in scenes) / len(scenes)
            assert 0.6 / len(values) < share < 1.5 / len(values)


def test_a_caption_names_only_what_is_in_the_scene() -> None:
    random = np.random.default_rng(1)
    for _ in range(200):
        scene = random_scene(random)
        text = caption(scene, random).lower()
        others = [word for name, words in OBJECT_WORDS.items() if name != scene.object for word in words]
        assert not any(f" {word}" in f" {text}" for word in others if "cartoon" not in word)


def test_a_plain_caption_names_every_attribute() -> None:
    scene = a_scene(scene="sea", time="night", object="boat", style="comic book style")
    assert plain_caption(scene) == "A sea at night with a boat, comic book style"


def test_some_training_prompts_are_empty_and_some_hold_foreign_words() -> None:
    random, scene = np.random.default_rng(2), a_scene(object="cat")
    known = {word.strip(",").lower() for line in vocabulary() for word in line.split()} | {"an"}
    prompts = [prompt_for_training(scene, random) for _ in range(500)]
    foreign = [text for text in prompts if any(word.strip(",").lower() not in known for word in text.split())]
    assert 0.03 < sum(not text for text in prompts) / 500 < 0.12
    assert 0.08 < len(foreign) / 500 < 0.2
