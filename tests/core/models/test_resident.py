import gc
import weakref

import pytest

from core.measure.memory import Room
from core.models.resident import Need, Resident, Shortage
from core.units import GIB

GPU, CPU = "cuda:0", "cpu"
ROOMY = Room(free_bytes=100, total_bytes=100)


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


def filled(share: float, **sizes: int) -> Resident:
    """Models on the CPU by name and size, the first one used longest ago."""
    resident = Resident(share)
    for name, size in sizes.items():
        resident.get(name, Weights, Need(name.upper(), CPU, size))
    return resident


def test_models_that_fit_stay_and_are_not_loaded_again():
    resident = filled(0.5, a=10, b=20)
    assert resident.shortage("c", Need("C", CPU, 20), ROOMY) is None
    assert isinstance(resident.get("a", pytest.fail), Weights)
    assert resident.keys == ("b", "a")


def test_the_one_not_used_for_longest_goes_first_when_little_is_free():
    resident = filled(1.0, a=10, b=20)
    resident.get("a", pytest.fail)
    short = resident.shortage("c", Need("C", CPU, 3 * GIB, GIB), Room(3 * GIB, 16 * GIB))
    assert short == Shortage("b", "Needs 4.00 GiB, 3.00 GiB free")


def test_a_model_that_is_held_needs_only_what_runs_beside_it():
    resident = filled(1.0, a=10, b=20)
    assert resident.shortage("b", Need("B", CPU, 20, 5), Room(6, 100)) is None
    short = resident.shortage("b", Need("B", CPU, 20, 5), Room(4, 100))
    assert short is not None and short.first == "a"


def test_together_they_stay_within_the_budget_whatever_is_free():
    resident = filled(0.5, a=10 * GIB, b=20 * GIB)
    need, room = Need("C", CPU, 25 * GIB, GIB), Room(90 * GIB, 100 * GIB)
    short = resident.shortage("c", need, room)
    assert short == Shortage("a", "Needs 26.0 GiB, and models may keep 50.0 GiB together")
    resident.let_go("a")
    assert resident.shortage("c", need, room) is None


def test_a_model_larger_than_the_budget_is_loaded_alone():
    resident = filled(0.5, a=10)
    need = Need("Z", CPU, 80)
    assert resident.shortage("z", need, ROOMY) is not None
    resident.let_go("a")
    assert resident.shortage("z", need, ROOMY) is None


def test_what_is_short_on_one_device_lets_nothing_go_on_another():
    resident = filled(0.5, a=10)
    resident.get("g", Weights, Need("G", "cuda", 10))
    assert resident.shortage("c", Need("C", GPU, 90, 5), Room(0, 100)).first == "g"
    assert [held.need.title for held in resident.beside("c", Need("C", GPU))] == ["G"]
    resident.let_go("g")
    assert resident.shortage("c", Need("C", GPU, 90, 5), Room(0, 100)) is None


def test_where_no_meter_says_what_is_free_the_budget_decides_alone():
    resident = filled(0.5, a=10)
    assert resident.shortage("c", Need("C", CPU, 30), Room(None, 100)) is None
    assert resident.shortage("c", Need("C", CPU, 45), Room(None, 100)).first == "a"


def test_one_that_was_let_go_is_gone_and_the_others_are_not():
    resident = filled(0.5, b=20)
    gone = weakref.ref(resident.get("a", Weights))
    resident.let_go("a")
    gc.collect()
    assert (gone(), resident.keys) == (None, ("b",))


def test_everything_that_is_held_is_described_with_its_measured_size():
    resident = filled(0.5, a=10, b=20)
    resident.measured("a", 3 * GIB)
    resident.measured("b", 20 * 2**20)
    assert resident.description == "A (3.00 GiB on cpu); B (20.0 MiB on cpu)"
