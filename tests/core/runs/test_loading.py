"""Several models in one worker: which stay, which go, what is said of it, and that no run's figures hold another's."""

import io
import weakref
from typing import Any

import pytest
import torch
from PIL import Image

from core.labs.text_generation import run as text
from core.measure.memory import Meters, Room
from core.measure.progress import SilentProgress
from core.models.resident import Need, Resident
from core.runs import execution
from core.runs.execution import CROWDED, execute
from core.runs.loading import MAKING_ROOM
from core.runs.records import growth, own_peak, reading
from core.units import GIB
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid
from tests.core.runs.test_execution import Simulate
from tests.simulated_gpu import T4

TEXT, PICTURE = "the small twin of Qwen3-0.6B", "the small twin of Stable Diffusion 1.5"
READING = "Reading the weights"
SIZE = 64 * 2**20


def write(resident: Resident, progress: Any = None, **settings: Any) -> dict[str, Any]:
    few = {"source": "embedded", "device": "cpu", "repeats": 1, "max_new_tokens": 2}
    return _valid(execute("text_generation", few | settings, progress or SilentProgress(), resident).record)


def draw(resident: Resident, progress: Any = None, **settings: Any) -> dict[str, Any]:
    few = {"source": "embedded", "device": "cpu", "repeats": 1, "num_inference_steps": 1}
    return _valid(execute("text_to_image", few | settings, progress or SilentProgress(), resident).record)


def hold_another(resident: Resident, device: str) -> None:
    """A model of an earlier run: one tensor of SIZE bytes."""
    need = Need("Another", device, SIZE)
    resident.get(("another", device, ""), lambda: torch.zeros(SIZE // 4, device=device), need)


def _valid(record: dict[str, Any]) -> dict[str, Any]:
    assert_valid(record)
    return record


def stages(record: dict[str, Any]) -> list[str]:
    return [stage["name"] for stage in record["stages"]]


def bytes_of(record: dict[str, Any]) -> int:
    return sum(model["weights_bytes"] for model in record["models"])


def test_two_models_in_turn_are_loaded_once_each_where_both_fit() -> None:
    resident = Resident(0.5)
    first, picture, second = write(resident), draw(resident), write(resident)
    assert [READING in stages(record) for record in (first, picture, second)] == [True, True, False]
    assert [record["models"][0]["reused"] for record in (first, picture, second)] == [False, False, True]
    assert [MAKING_ROOM in stages(record) for record in (first, picture, second)] == [False] * 3


def test_without_a_budget_the_second_run_of_the_first_model_loads_again() -> None:
    resident = Resident()
    write(resident)
    picture, second = draw(resident), write(resident)
    assert READING in stages(second)
    assert [gone["title"] for gone in picture["memory"]["let_go"]] == [TEXT]


def test_the_record_names_what_stayed_loaded_beside_a_run() -> None:
    resident = Resident(0.5)
    first = write(resident)
    picture = draw(resident)
    assert (first["memory"]["resident_bytes"], first["memory"]["resident"]) == (0, [])
    assert picture["memory"]["resident"] == [{"title": TEXT, "bytes": bytes_of(first)}]
    assert picture["memory"]["resident_bytes"] == bytes_of(first)
    assert any(TEXT in note and "its peak, leave that out" in note for note in picture["notes"])


def test_where_memory_is_short_the_run_says_what_it_lets_go_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    resident, watcher = Resident(0.5), Watcher()
    hold_another(resident, "cpu")
    monkeypatch.setattr(Meters, "room", lambda meters: Room(2**20 if resident.keys else 3 * GIB, 16 * GIB))
    record = write(resident, watcher)
    told = next(stage for stage, _, _ in watcher.seen if "lets go" in stage)
    assert told.startswith("Needs 1.0") and told.endswith(" GiB, 1.00 MiB free: lets go of Another.")
    assert told in record["notes"] and MAKING_ROOM in stages(record)
    gone = record["memory"]["let_go"][0]
    assert (gone["free_before_bytes"], gone["free_after_bytes"]) == (2**20, 3 * GIB)
    assert resident.description is not None and "Another" not in resident.description


def test_a_card_gets_the_memory_of_what_was_let_go_back(simulate: Simulate) -> None:
    books, resident = simulate(T4).devices[0], Resident(1.0)
    hold_another(resident, "cuda")
    books.foreign_bytes = books.free_bytes - 2**20
    record = write(resident, device="cuda")
    (gone,) = record["memory"]["let_go"]
    assert gone == {"title": "Another", "bytes": SIZE, "free_before_bytes": 2**20, "free_after_bytes": 2**20 + SIZE}
    used = [point["device_used_bytes"] for point in record["memory"]["timeline"]]
    assert used[0] - used[1] == SIZE


def test_what_a_card_lacks_lets_nothing_go_in_main_memory(simulate: Simulate) -> None:
    books, resident = simulate(T4).devices[0], Resident(0.5)
    hold_another(resident, "cpu")
    hold_another(resident, "cuda")
    books.foreign_bytes = books.free_bytes - 2**20
    record = write(resident, device="cuda")
    assert len(record["memory"]["let_go"]) == 1
    assert [key[-2] for key in resident.keys] == ["cpu", "cuda:0"] and "another" in resident.keys[0]  # type: ignore


def test_weights_that_no_card_has_room_for_are_refused_with_what_helps(simulate: Simulate) -> None:
    books = simulate(T4).devices[0]
    books.foreign_bytes = T4.memory_bytes - 2**20
    record = write(Resident(0.5), device="cuda", dtype="float32")
    error = record["error"]
    assert (error["kind"], record["stages"][-1]["name"]) == ("out_of_memory", "Importing the libraries")
    assert "and 1.00 MiB are free on cuda" in error["message"]
    assert error["remedy"] == "Close other programs, or choose float16."


def test_ram_that_is_too_little_for_the_full_size_is_refused_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Meters, "room", lambda meters: Room(GIB, 16 * GIB))
    error = write(Resident(0.5), source="dummy", dtype="bfloat16")["error"]
    assert (error["kind"], error["remedy"]) == ("out_of_memory", "Close other programs, or take the small twin.")
    assert error["message"] == "The run needs at least 2.11 GiB of RAM, and 1.00 GiB are free."


def test_a_models_figures_are_the_same_alone_and_beside_another(simulate: Simulate) -> None:
    simulate(T4)
    alone, crowd = Resident(0.5), Resident(0.5)
    single = write(alone, device="cuda")
    alone.release()
    hold_another(crowd, "cuda")
    crowded = write(crowd, device="cuda")
    assert (single["memory"]["resident_bytes"], crowded["memory"]["resident_bytes"]) == (0, SIZE)
    assert own_peak(crowded, "allocated") == own_peak(single, "allocated") == reading(single, "peak", "allocated")
    assert growth(crowded, "after_load", "allocated") == reading(single, "after_load", "allocated")


def test_a_model_that_was_held_while_libraries_were_settled_is_freed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(execution, "_settled", set())
    resident = Resident(0.5)
    write(resident)
    key = resident.keys[0]
    model = weakref.ref(resident.get(key, pytest.fail).parts[1])  # type: ignore[attr-defined]
    draw(resident)  # settles the libraries of its own lab
    resident.let_go(key)
    assert model() is None


@pytest.mark.parametrize("lab", ["load_model", "precision", "memory_savers"])
def test_labs_about_memory_begin_with_nothing_else_loaded_and_say_so(lab: str) -> None:
    resident, watcher = (
        Resident(0.5),
        Watcher(lambda seen: any(stage == "Finding the weights" for stage, *_ in seen.seen)),
    )
    for device in ("cpu", "cuda:1"):
        resident.get(("another", device, ""), object, Need("Another", device, SIZE))
    record = _valid(execute(lab, {"source": "embedded", "device": "cpu"}, watcher, resident).record)
    assert [gone["title"] for gone in record["memory"]["let_go"]] == ["Another"] * 2
    assert (record["state"], resident.description) == ("cancelled", None)
    assert "This lab measures with nothing else loaded: lets go of Another." in record["notes"]


def full_in(runs: int, monkeypatch: pytest.MonkeyPatch, resident: Resident) -> list[str | None]:
    """The memory runs out in the first so many runs of text; gives what is held whenever one begins."""
    tried: list[str | None] = []
    original = text._repeat

    def repeat(*arguments: Any) -> None:
        tried.append(resident.description)
        if len(tried) <= runs:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        original(*arguments)

    monkeypatch.setattr(text, "_repeat", repeat)
    return tried


def test_a_run_that_found_too_little_beside_others_begins_again_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = Resident(0.5)
    tried = full_in(1, monkeypatch, resident)
    hold_another(resident, "cpu")
    record = write(resident)
    assert record["state"] == "finished" and CROWDED in record["notes"]
    assert ["Another" in str(held) for held in tried] == [True, False]


@pytest.mark.parametrize("others", [0, 1])
def test_after_the_last_try_nothing_is_held(others: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resident = Resident(0.5)
    tried = full_in(2, monkeypatch, resident)
    for _ in range(others):
        hold_another(resident, "cpu")
    record = write(resident)
    assert (record["error"]["kind"], len(tried), resident.description) == ("out_of_memory", 1 + others, None)


def _pixels(outcome: Any) -> list[bytes]:
    return [
        Image.open(io.BytesIO(each.png)).tobytes() for each in outcome.pictures if each.role in ("picture", "result")
    ]


def test_labs_that_read_the_same_pipeline_share_it_and_their_results_stay_as_they_were() -> None:
    twin = {"source": "embedded", "device": "cpu", "num_inference_steps": 2}
    asked: dict[str, dict[str, Any]] = {
        "text_to_image": twin | {"repeats": 1, "seed": 3, "scheduler": "euler"},
        "image_to_image": twin | {"strengths": [1.0]},
        "guidance": twin | {"looks": 1, "scales": [], "repeats": 1},
    }

    def ran(lab: str, resident: Resident) -> Any:
        outcome = execute(lab, asked[lab], SilentProgress(), resident)
        _valid(outcome.record)
        assert outcome.record["state"] == "finished", outcome.record["error"]
        return outcome

    alone = {lab: _pixels(ran(lab, Resident())) for lab in asked}
    shared, reused = Resident(0.5), []
    for lab in (*asked, *reversed(asked)):
        outcome = ran(lab, shared)
        reused.append(outcome.record["models"][0]["reused"])
        assert _pixels(outcome) == alone[lab]
        assert outcome.record["memory"]["resident_bytes"] == 0
    assert reused == [False, *[True] * 5] and len(shared.keys) == 1


def test_the_first_card_by_either_of_its_names_holds_a_model_once(simulate: Simulate) -> None:
    simulate(T4)
    resident = Resident(0.5)
    first, second = write(resident, device="cuda"), write(resident, device="cuda:0")
    assert [record["models"][0]["reused"] for record in (first, second)] == [False, True]
    assert len(resident.keys) == 1
