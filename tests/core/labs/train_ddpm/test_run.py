"""The training lab: what it records, what it keeps when it is stopped, and how a run goes on from another."""

import errno
import io
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from core.errors import InvalidSettings, RunCancelled
from core.labs.train_ddpm import memory, prices, program
from core.labs.train_ddpm import run as lab_run
from core.labs.train_ddpm.run import DRAWN, GIVING_WAY, POINTS, TRAINING
from core.labs.train_ddpm.settings import MOST_S, Settings
from core.measure.machine import this_machine
from core.measure.progress import SilentProgress
from core.measure.recorder import Recorder
from core.models.resident import Resident
from core.runs import checkpoints
from core.runs.execution import Outcome, execute
from core.runs.parsing import parse_settings
from core.runs.registry import LABS
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

SETTINGS: dict[str, Any] = {"device": "cpu", "batch": 8, "steps": 8, "time_limit_s": MOST_S, "compare": []}


TINY: dict[str, Any] = {**program.NETWORKS["small"], "block_out_channels": (8, 8, 8)}
OTHER = {**TINY, "sample_size": 32, "block_out_channels": (8, 8, 16)}


@pytest.fixture(autouse=True)
def tiny(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few weights, few evaluations for pictures, and no counting, which costs more than training does here."""
    if "outcome" in request.fixturenames:
        return
    monkeypatch.setitem(program.NETWORKS, "small", TINY)
    monkeypatch.setitem(program.NETWORKS, "medium", OTHER)
    monkeypatch.setattr(lab_run, "DRAWING_STEPS", 1)
    for name in ("computed_step", "operations_of", "computed_inference"):
        monkeypatch.setattr(memory, name, lambda training, side: 12_000_000)


def trained(watcher: Watcher | None = None, **changes: Any) -> Outcome:
    return execute("train_ddpm", SETTINGS | changes, watcher or SilentProgress(), Resident())


def found(outcome: Outcome) -> dict[str, Any]:
    result: dict[str, Any] = outcome.record["outputs"]["training"]
    return result


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "folder", lambda: tmp_path_factory.getbasetemp() / "kept")
        return trained(compare=["mixed_precision", "checkpointing", "accumulation"])


def test_the_record_says_what_was_trained(outcome: Outcome) -> None:
    assert outcome.record["state"] == "finished", outcome.record["error"]
    assert_valid(outcome.record)
    told = found(outcome)
    assert (told["first_step"], told["last_step"], told["parameters"]) == (0, 8, 628_299)
    assert [step for step, _ in told["losses"]] == list(range(1, 9))
    assert [point["step"] for point in told["points"]] == [0, 2, 4, 6, 8]
    assert told["points"][-1]["plain_loss"] < told["points"][0]["plain_loss"]
    assert told["seconds"] == pytest.approx(sum(repeat["wall_s"] for repeat in outcome.record["repeats"]))
    assert told["steps_per_s"] == pytest.approx(8 / told["seconds"])


def test_the_limit_is_that_of_a_step_there_and_back(outcome: Outcome) -> None:
    limit, network = outcome.record["limit"], program.build("small")
    with torch.utils.flop_counter.FlopCounterMode(display=False) as counter:
        network(torch.zeros(8, 3, 16, 16), torch.zeros(8).long()).sample.sum().backward()
    assert (limit["unit"], limit["flops"]) == ("s/step", counter.get_total_flops())


def test_pictures_are_drawn_from_one_noise_with_both_kinds_of_weights(outcome: Outcome) -> None:
    drawn = {(each.details["step"], each.details["weights"]): each.png for each in outcome.pictures}
    assert set(drawn) == {(step, name) for step in (0, 2, 4, 6, 8) for name in ("plain", "averaged")}
    assert Image.open(io.BytesIO(drawn[8, "plain"])).size == (DRAWN * 16, 16)
    assert _pixels(drawn[0, "plain"]) == _pixels(drawn[0, "averaged"]) != _pixels(drawn[8, "plain"])


def _pixels(png: bytes) -> bytes:
    return Image.open(io.BytesIO(png)).convert("RGB").tobytes()


def test_memory_is_computed_before_and_measured_after(outcome: Outcome) -> None:
    ways = {each["name"]: each for each in outcome.record["outputs"]["variants"]}
    assert list(ways) == ["inference", "training", "mixed_precision", "checkpointing", "accumulation"]
    for name, way in ways.items():
        held = [part for part in way["measured"] if part != "step"]
        assert [way["computed"][part] for part in held] == [way["measured"][part] for part in held]
        assert way["computed"]["step"] == pytest.approx(way["measured"]["step"], rel=0.15), name
        assert way["total_bytes"] == sum(way["measured"].values()) and way["step_s"] > 0
    assert found(outcome)["computed_step_bytes"] == ways["training"]["computed"]["step"]
    assert ways["training"]["gradients_bytes"] == ways["training"]["measured"]["weights"] == 4 * 628_299
    for name in ("mixed_precision", "checkpointing", "accumulation"):
        assert ways[name]["measured"]["step"] < ways["training"]["measured"]["step"]


def test_predictions_can_be_held_against_what_was_measured(outcome: Outcome) -> None:
    measures, record = LABS["train_ddpm"].measures, outcome.record
    assert measures["training_over_inference"].values(record)[0] > 2.5
    assert measures["accumulation_bytes"].values(record)[0] < 100
    assert measures["checkpointing_over_plain"].values(record)[0] > 0
    assert measures["averaged_over_plain"].values(record)[0] > 0
    assert all(measures[name].values({"outputs": {}, "repeats": []}) == [] for name in measures)


def test_a_batch_that_cannot_be_cut_is_said_so() -> None:
    (one,) = [
        each
        for each in trained(batch=2, steps=1, compare=["accumulation"]).record["outputs"]["variants"]
        if each["name"] == "accumulation"
    ]
    assert not one["is_available"] and "batch of 2" in one["reason"]


def test_the_comparison_leaves_what_was_trained_as_it_is() -> None:
    pictures, _ = program.load_pictures(str(lab_run.SHEET), 16)
    settings = Settings(device="cpu", batch=4, compare=("checkpointing",))
    training = program.Training(program.build("small"), batch=4, checkpointing=True, accumulate=2)
    training.train_step(pictures)
    before = [weight.clone() for weight in training.model.parameters()]
    recorder = Recorder("train_ddpm", {}, device="cpu", machine=this_machine())
    prices.compare(settings, training, pictures, recorder, SilentProgress())
    assert all(torch.equal(*pair) for pair in zip(before, training.model.parameters(), strict=True))
    assert training.step == 1 and training.model.is_gradient_checkpointing


def test_the_first_loss_is_told_at_once_and_the_memory_before_it(watcher: Watcher) -> None:
    parameters = found(trained(watcher))["parameters"]
    assert watcher.values[0][:2] == ("loss", 1)
    (computed,) = [dict(facts["computed"]) for facts in watcher.memories if "computed" in facts]
    assert computed["for the weights"] == 16 * parameters and computed["a step"] == 12_000_000
    assert watcher.limits and (TRAINING, 8, 8) in watcher.seen


def test_a_cancelled_training_keeps_what_it_learnt_and_can_be_gone_on_from() -> None:
    stopped = trained(Watcher(lambda seen: seen.step >= 3 and seen.seen[-1][0] == TRAINING))
    assert stopped.record["error"]["kind"] == RunCancelled.kind
    assert_valid(stopped.record)
    told = found(stopped)
    assert told["last_step"] == 3 and len(told["losses"]) == 3 and told["checkpoint_bytes"] > 4 * 4 * 9_000
    rest = found(trained(go_on_from=stopped.record["id"]))
    whole = found(trained())
    assert (rest["first_step"], rest["last_step"]) == (3, 8)
    assert told["losses"] + rest["losses"] == whole["losses"]
    assert rest["points"][-1]["averaged_loss"] == whole["points"][-1]["averaged_loss"]


def test_the_time_limit_ends_a_training_that_can_go_on() -> None:
    done = trained(steps=5000, time_limit_s=1)
    told = found(done)
    assert done.record["state"] == "finished" and 0 < told["last_step"] < 5000
    assert 1 <= told["seconds"] < 1 + 2 * max(repeat["wall_s"] for repeat in done.record["repeats"])
    assert any("It can go on in another run." in note for note in done.record["notes"])
    assert len(told["points"]) >= 2 and told["points"][-1]["step"] == told["last_step"]


def test_many_losses_are_averaged_to_some_points() -> None:
    told = found(trained(batch=1, steps=130, compare=[]))
    assert [step for step, _ in told["losses"]] == list(range(2, 131, 2))


def test_what_cannot_be_gone_on_from_says_why() -> None:
    gone = trained(go_on_from="0" * 32).record
    assert gone["state"] == "failed" and "00000000" in gone["error"]["message"]
    first = trained(steps=1).record["id"]
    other = trained(go_on_from=first, network="medium").record["error"]
    assert "trained the network small" in other["message"] and "small" in other["remedy"]
    done = trained(go_on_from=first, steps=1).record["error"]
    assert "1 steps already" in done["message"] and "more than 1" in done["remedy"]


def test_a_full_disk_costs_the_checkpoint_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(content: Any, path: Path) -> None:
        path.write_bytes(b"a part")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    done = trained(steps=2)
    told = found(done)
    assert done.record["state"] == "finished" and told["last_step"] == 2 and done.pictures
    assert told["checkpoint_bytes"] is None and "the disk of this server is full" in told["checkpoint_reason"]
    assert any("What was measured and drawn stands" in note for note in done.record["notes"])
    assert list(checkpoints.folder().glob(f"{done.record['id']}*")) == []


def test_it_gives_way_between_two_steps_and_its_time_stands_still(watcher: Watcher) -> None:
    watcher.waiting = 2
    done = trained(watcher)
    assert watcher.waiting == 0 and found(done)["last_step"] == 8
    assert len(done.record["repeats"]) > POINTS
    assert GIVING_WAY in [stage["name"] for stage in done.record["stages"]]
    assert any("gave way to 2 short runs" in note for note in done.record["notes"])
    assert found(done)["losses"] == found(trained())["losses"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"steps": 0}, "50,000"),
        ({"time_limit_s": 601}, "600"),
        ({"batch": 2, "accumulate": 3}, "cannot be cut into 3 parts"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"go_on_from": "../../secrets"}, "go_on_from"),
        ({"compare": ["magic"]}, "compare"),
    ],
)
def test_what_cannot_be_trained_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidSettings, match=told):
        parse_settings(LABS["train_ddpm"], wrong)


def test_every_experiment_is_a_possible_run() -> None:
    for settings in LABS["train_ddpm"].experiments.values():
        taken = parse_settings(LABS["train_ddpm"], settings).model_dump(mode="json")
        assert {name: taken[name] for name in settings} == settings


def test_live_bytes_are_those_of_tensors_that_are_still_there() -> None:
    with memory.LiveBytes() as live:
        one = torch.ones(1000)
        view = one[:10]
        assert (live.now, live.highest) == (4000, 4000)
        two = one + 1
        del one
        assert live.now == 8000  # the view holds it
        del view
        assert (live.now, live.highest) == (4000, 8000)
        del two
    assert live.now == 0


def test_weights_that_went_astray_end_the_training_and_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_run, "TOLD_EVERY_S", 0.0)
    step = program.Training.train_step

    def astray(training: program.Training, pictures: Any) -> Any:
        loss = step(training, pictures)
        return loss * float("nan") if training.step == 3 else loss

    monkeypatch.setattr(program.Training, "train_step", astray)
    done = trained()
    assert_valid(done.record)
    told = found(done)
    assert (told["last_step"], told["losses"][-1], told["checkpoint_bytes"]) == (3, [3, None], None)
    assert any("learning rate of 0.002" in note for note in done.record["notes"])
