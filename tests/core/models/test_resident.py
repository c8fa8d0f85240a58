import gc
import weakref

import pytest

from core.models.resident import Resident


class Weights:
    """Something that can be watched going away."""


def test_same_key_gives_the_held_object_without_loading():
    resident = Resident()
    first = resident.get(("qwen3-0.6b", "cpu"), Weights)
    assert resident.get(("qwen3-0.6b", "cpu"), pytest.fail) is first


def test_the_last_model_is_gone_before_the_next_is_loaded():
    resident = Resident()
    last = weakref.ref(resident.get("a", Weights))

    def load() -> Weights:
        assert last() is None
        return Weights()

    resident.get("b", load)
    assert resident.description == "b"


def test_release_lets_go_and_says_so():
    resident = Resident()
    held = weakref.ref(resident.get(("qwen3-0.6b", "dummy"), Weights))
    assert resident.description == "qwen3-0.6b, dummy"
    resident.release()
    gc.collect()
    assert (held(), resident.description) == (None, None)


def test_a_failed_load_leaves_nothing_held_and_can_be_tried_again():
    resident = Resident()
    resident.get("a", Weights)

    def fail() -> Weights:
        raise MemoryError

    with pytest.raises(MemoryError):
        resident.get("b", fail)
    assert resident.description is None
    assert isinstance(resident.get("b", Weights), Weights)
