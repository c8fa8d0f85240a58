import numpy as np

from training.inpainting_data import draw_example, examples, fitted, prompt_for
from training.scenes import draw


def test_pictures_differ_only_inside_the_region() -> None:
    for example in examples(seed=1, count=30):
        drawn = draw_example(example, 64)
        outside = drawn.region < 128
        changed = np.abs(drawn.after.astype(int) - drawn.before).max(axis=2)
        assert np.percentile(changed[outside], 99) < 60 and (drawn.region > 127).sum() > 100


def test_the_new_object_fits_into_the_box_of_the_old_one() -> None:
    for example in examples(seed=2, count=30):
        if example.wanted == "none":
            continue
        left, top, right, low = box = (14, 20, 44, 58)
        found = draw(fitted(example.scene, example.wanted, box, 64), 64).mask.getbbox()
        assert found is not None
        assert found[0] >= left - 2 and found[1] >= top - 2 and found[2] <= right + 2 and found[3] <= low + 2


def test_a_larger_picture_has_the_same_region_at_its_own_scale() -> None:
    for example in examples(seed=6, count=10):
        small, large = (draw_example(example, side).region > 127 for side in (64, 128))
        assert abs(float(small.mean()) - float(large.mean())) < 0.06


def test_examples_are_the_same_for_the_same_seed() -> None:
    assert examples(seed=3, count=5) == examples(seed=3, count=5) != examples(seed=4, count=5)


def test_a_prompt_names_the_wanted_object_or_nothing() -> None:
    random = np.random.default_rng(0)
    example = next(each for each in examples(seed=5, count=50) if each.wanted == "boat")
    prompts = [prompt_for(example, random) for _ in range(100)]
    named = [text for text in prompts if any(word in text for word in ("boat", "ship"))]
    assert len(named) > 75
