"""Which models find room in a memory."""

from core.measure.published import PEAKS
from core.models.catalog import CATALOG
from core.models.room import LESSON_MODELS, filled


def test_half_precision_of_all_models_fits_a_t4_and_single_precision_does_not() -> None:
    t4 = PEAKS["Tesla T4"].memory_bytes
    assert filled(t4, "float16").left_out == ()
    assert [model.id for model in filled(t4, "float32").left_out] == ["sdxl-inpainting"]


def test_a_small_model_is_loaded_after_one_that_found_no_room() -> None:
    large, small = CATALOG["sdxl-inpainting"], CATALOG["yolov8n-seg"]
    inside = filled(small.weights_bytes("float32"), "float32", (large, small))
    assert (inside.loaded, inside.left_out) == ((small,), (large,))


def test_a_memory_that_is_exactly_full_left_nobody_out() -> None:
    needed = sum(model.weights_bytes("float16") for model in LESSON_MODELS)
    assert filled(needed, "float16").left_out == ()
    assert filled(needed - 1, "float16").left_out == (LESSON_MODELS[-1],)
