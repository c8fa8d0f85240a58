"""A run of the lab: its record, its pictures, and what it says of settings that cannot be."""

import io
from statistics import median
from typing import Any

import pytest
import torch
from PIL import Image

from core.labs.guidance import program
from core.labs.guidance.attention import AttentionWatch
from core.labs.guidance.looks import Look
from core.labs.guidance.run import MEANS_NOTHING, NO_WORDS, NOT_FINITE, cost
from core.labs.guidance.settings import Settings
from core.measure.progress import SilentProgress
from core.models.checkpoint import checkpoint
from core.models.resident import Resident
from core.runs import loading
from core.runs.execution import Outcome, execute
from core.runs.png import difference, made_with
from core.runs.registry import LABS
from tests.core.labs.conftest import Watcher
from tests.core.labs.guidance.conftest import SETTINGS
from tests.core.measure.run_schema import assert_valid


def run(resident: Resident, progress: Any = None, **settings: Any) -> Outcome:
    return execute("guidance", SETTINGS | {"looks": 0} | settings, progress or SilentProgress(), resident)


def of(outcome: Outcome, role: str) -> list[Any]:
    return [picture for picture in outcome.pictures if picture.role == role]


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def test_the_record_keeps_to_the_schema(outcome: Outcome) -> None:
    assert_valid(outcome.record)
    assert set(outcome.record["outputs"]["guidance"]) == {"tokens", "cost", "looks", "attention", "autoencoder"}


def test_loops_with_both_predictions_and_with_one_are_timed_in_turn(outcome: Outcome) -> None:
    record = outcome.record
    repeats, found = record["repeats"], record["outputs"]["guidance"]["cost"]
    assert [repeat["settings"]["predictions"] for repeat in repeats] == [2, 1, 2, 1]
    assert [repeat["is_first"] for repeat in repeats] == [True, True, False, False]
    assert {repeat["evaluations"] for repeat in repeats} == {found["evaluations"]} == {5}
    both, one = (repeat["seconds_per_evaluation"] for repeat in repeats[2:])
    assert found["ratios"] == [both / one] == [found["ratio"]]
    assert (found["both_s"], found["one_s"]) == (both, one)


def test_nothing_watches_in_the_timed_loops(kept: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding and the attention's own processor come after the last timed loop."""
    told: list[str] = []

    def denoise(pipe: Any, prompt: str, scale: float | None, *more: Any) -> Any:
        watched = any(type(each).__name__ == "AttentionWatch" for each in pipe.unet.attn_processors.values())
        told.append(f"loop {scale}{', watched' if watched else ''}")
        return plain(pipe, prompt, scale, *more)

    def decode(pipe: Any, latents: Any) -> Image.Image:
        told.append("decode")
        return decoded(pipe, latents)

    plain, decoded = program.denoise, program.decode
    monkeypatch.setattr(program, "denoise", denoise)
    monkeypatch.setattr(program, "decode", decode)
    run(kept, looks=1, scales=[])
    assert told[:6] == ["loop 7.5", "loop None", "loop 7.5", "loop None", "decode", "loop 7.5, watched"]


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    found = cost([0.4, 0.5, 0.9], [0.2, 0.2, 0.3])
    assert found["ratios"] == pytest.approx([2, 2.5, 3]) and found["ratio"] == pytest.approx(2.5)
    assert (found["both_s"], found["one_s"]) == (median([0.4, 0.5, 0.9]), 0.2)


def test_a_single_repeat_has_to_do(kept: Resident) -> None:
    record = run(kept, repeats=1, scales=[]).record
    assert_valid(record)
    both, one = (repeat["seconds_per_evaluation"] for repeat in record["repeats"])
    assert record["outputs"]["guidance"]["cost"]["ratios"] == [both / one]


def test_a_question_can_ask_for_the_ratio(outcome: Outcome) -> None:
    measure = LABS["guidance"].measures["second_prediction"]
    assert measure.values(outcome.record) == outcome.record["outputs"]["guidance"]["cost"]["ratios"]
    assert measure.values({"outputs": {}}) == measure.values({"outputs": {"guidance": {}}}) == []


def test_every_scale_has_a_picture_from_the_same_noise(kept: Resident) -> None:
    outcome = run(kept, guidance_scale=3, scales=[7.5, 0, 1], repeats=1, side=64)
    made = of(outcome, "picture")
    assert [each.details["guidance_scale"] for each in made] == [0, 1, 3, 7.5]
    assert [each.details["difference_to_guided"] == 0 for each in made] == [False, False, True, False]
    other = run(kept, guidance_scale=7.5, scales=[], repeats=1, side=64)
    assert opened(of(other, "picture")[0].png).tobytes() == opened(made[3].png).tobytes()


def test_a_picture_is_made_again_from_its_file(kept: Resident) -> None:
    made = of(run(kept, scales=[20], seed=3), "picture")[1]
    lab, settings = made_with(made.png)
    again = execute(lab, settings, SilentProgress(), kept)
    same = next(each for each in of(again, "picture") if each.details["guidance_scale"] == 20)
    assert again.record["settings"]["guidance_scale"] == 20
    assert opened(same.png).tobytes() == opened(made.png).tobytes()


def test_a_look_shows_both_predictions_and_where_they_differ(outcome: Outcome) -> None:
    looks = outcome.record["outputs"]["guidance"]["looks"]
    assert [look["evaluation"] for look in looks] == [1, 5]
    assert looks[0]["timestep"] > looks[1]["timestep"] and looks[0]["difference"] > 0
    kinds = [picture.details["kind"] for picture in of(outcome, "look")]
    assert kinds == ["noisy", "unconditional", "conditional", "guided", "difference"] * 2
    assert all(opened(picture.png).size == (128, 128) for picture in of(outcome, "look"))


def test_looking_draws_the_picture_of_the_timed_loop(kept: Resident, outcome: Outcome) -> None:
    """What the last look expects is the finished picture, up to the last trace of noise."""
    last = next(p for p in reversed(of(outcome, "look")) if p.details["kind"] == "guided")
    made = next(p for p in of(outcome, "picture") if p.details["guidance_scale"] == 7.5)
    apart = difference(opened(last.png), opened(made.png))
    assert apart is not None and apart < 12


def test_every_word_has_a_map_and_a_share(outcome: Outcome) -> None:
    found = outcome.record["outputs"]["guidance"]["attention"]
    words = [word["word"] for word in found["words"]]
    assert words == ["A", "calm", "sea", "at", "sunset", "with", "a", "sailing", "boat", "digital", "art"]
    assert [picture.details["word"] for picture in of(outcome, "attention")] == words
    assert 0 < sum(word["share"] for word in found["words"]) + found["start_share"] < 1
    assert found["calls"] == 5 * 7  # evaluations, and the twin's layers of cross-attention


def test_the_boat_is_where_its_word_acts(kept: Resident) -> None:
    """In the lower half of the picture, where the twin draws boats, more than in the upper."""
    outcome = run(kept, looks=1, num_inference_steps=15, scales=[])
    boat = next(p for p in of(outcome, "attention") if p.details["word"] == "boat")
    light = opened(boat.png).convert("L")
    upper, lower = (
        sum(light.crop((0, top, light.width, top + light.height // 2)).getdata()) for top in (0, light.height // 2)
    )
    assert lower > 1.5 * upper


def test_a_prompt_without_words_has_no_maps(kept: Resident) -> None:
    outcome = run(kept, looks=1, scales=[], prompt=" ")
    found = outcome.record["outputs"]["guidance"]
    assert_valid(outcome.record)
    assert (found["attention"], found["attention_reason"]) == (None, NO_WORDS)
    assert found["looks"][0]["difference"] == 0  # both predictions are of the empty text


def test_a_prompt_that_is_too_long_says_what_was_not_read(kept: Resident) -> None:
    outcome = run(kept, scales=[], prompt="boat " * 100 + "at last a cat")
    found = outcome.record["outputs"]["guidance"]["tokens"]
    assert found["limit"] == 48 and found["unread"].endswith("at last a cat")
    assert any("reads 48 tokens" in note and "not read" in note for note in outcome.record["notes"])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"prompt": ""}, "prompt = '' is not possible: it takes text of 1 to 1,000 characters."),
        ({"prompt": "boat " * 1000}, "it takes text of 1 to 1,000 characters."),
        ({"guidance_scale": -1}, "guidance_scale = -1 is not possible: it takes a number from 0 to 200."),
        ({"guidance_scale": 201}, "guidance_scale = 201 is not possible: it takes a number from 0 to 200."),
        ({"scales": [1, 900]}, "scales = 900 is not possible: it takes a list of at most 8 numbers from 0 to 200."),
        ({"scales": list(range(9))}, "it takes a list of at most 8 numbers"),
        ({"side": 100}, "side = 100 is not possible: it takes a whole number from 64 to 1,024, a multiple of 64"),
        ({"looks": 9}, "looks = 9 is not possible: it takes a whole number from 0 to 8."),
    ],
)
def test_what_cannot_be_is_said(settings: dict[str, Any], told: str) -> None:
    record = execute("guidance", SETTINGS | settings, SilentProgress(), Resident()).record
    assert (record["state"], record["error"]["kind"]) == ("failed", "invalid_settings")
    assert told in record["error"]["message"]


def test_size_and_steps_follow_from_weights_and_device() -> None:
    def settled(**given: Any) -> tuple[int | None, int | None]:
        found = Settings(**given).settled()
        return found.side, found.num_inference_steps

    assert settled(source="embedded", device="cuda") == (128, 15)
    assert settled(source="dummy", device="cpu") == (256, 1)
    assert settled(source="hub", device="cuda") == (512, 20)
    assert settled(source="dummy", device="cpu", side=64, num_inference_steps=9) == (64, 9)


def test_a_scale_costs_nothing_but_its_picture() -> None:
    assert Settings(guidance_scale=7.5).workload() == Settings(guidance_scale=20).workload()
    assert Settings(scales=(1, 2)).workload() != Settings(scales=(1, 2, 3)).workload()
    assert Settings(scales=(7.5,)).workload() == Settings(scales=()).workload()


def test_random_weights_show_operations_and_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    found = checkpoint("stable-diffusion-1.5", "embedded", SilentProgress())
    monkeypatch.setattr(loading, "checkpoint", lambda *_: found)
    monkeypatch.setattr(loading, "check_room", lambda *_: None)
    outcome = run(Resident(), source="dummy", side=64, scales=[], num_inference_steps=1)
    assert_valid(outcome.record)
    told = outcome.record["outputs"]["guidance"]["autoencoder"]
    assert (told["reconstructions"], told["reconstructions_reason"]) == (None, MEANS_NOTHING)
    assert told["unet_flops"] > 0 and not of(outcome, "after_autoencoder")


def test_numbers_that_leave_the_range_are_said(kept: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in float16 at a large scale; no checker is blamed for the black picture, and the record stays JSON."""
    plain = program.denoise

    def denoise(pipe: Any, prompt: str, scale: float | None, *more: Any) -> torch.Tensor:
        return plain(pipe, prompt, scale, *more) * (float("nan") if scale == 200 else 1)

    monkeypatch.setattr(program, "denoise", denoise)
    monkeypatch.setattr(Look, "difference", float("nan"))
    monkeypatch.setattr(AttentionWatch, "maps", torch.full((48, 4, 4), float("nan")))
    record = run(kept, scales=[200], looks=1, num_inference_steps=1).record
    assert_valid(record)
    found = record["outputs"]["guidance"]
    assert any("At scale 200 the latents left the range of float32" in note for note in record["notes"])
    assert not any("safety checker" in note for note in record["notes"])
    assert found["looks"][0]["difference"] is None and found["looks"][0]["difference_reason"] == NOT_FINITE
    assert (found["attention"], found["attention_reason"]) == (None, NOT_FINITE)


def test_a_picture_that_the_safety_checker_refused_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = program.load

    def load(*place: Any) -> Any:
        pipe: Any = plain(*place)
        pipe.safety_checker, pipe.run_safety_checker = object(), lambda image, device, dtype: (image, [True])
        return pipe

    monkeypatch.setattr(program, "load", load)
    record = run(Resident(), scales=[], num_inference_steps=1).record
    assert any("safety checker took the picture at scale 7.5" in note for note in record["notes"])


def test_progress_ends_at_its_total(kept: Resident, watcher: Watcher) -> None:
    run(kept, watcher, looks=1, scales=[0, 1])
    counted = [report for report in watcher.seen if report[2]]
    assert counted[-1][1] == counted[-1][2] == 5 * (4 + 2 + 1)


def test_cancel_keeps_what_was_timed(kept: Resident) -> None:
    outcome = run(kept, Watcher(lambda seen: seen.step >= 22))
    record = outcome.record
    assert record["state"] == "cancelled" and len(record["repeats"]) == 4
    assert record["outputs"]["guidance"]["cost"]["ratio"] > 0 and not outcome.pictures
    assert_valid(record)
    assert run(kept, scales=[]).record["state"] == "finished"
