import io
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from core.labs.image_classification import program
from core.labs.image_classification import run as run_module
from core.labs.image_classification.switches import ALONE, company, kept_statistics, saved_bytes
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import Outcome, execute
from core.runs.pictures import SHIPPED
from core.runs.png import describe
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid

SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "batch_sizes": [1, 4], "repeats": 3}


def classified(resident: Resident, progress: Any = None, **settings: Any) -> Outcome:
    return execute("image_classification", SETTINGS | settings, progress or SilentProgress(), resident)


@pytest.fixture(scope="module")
def kept() -> Resident:
    """The twin, loaded once for this module."""
    return Resident()


def small_network() -> torch.nn.Module:
    torch.manual_seed(0)
    layers = (torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    return torch.nn.Sequential(*layers, torch.nn.Linear(4, 5))


def test_the_scene_is_named_and_the_record_holds_every_pass(kept: Resident) -> None:
    record = classified(kept).record
    assert_valid(record)
    assert record["state"] == "finished"
    outputs, repeats = record["outputs"], record["repeats"]
    assert (outputs["top"][0]["category"], len(outputs["top"])) == ("house", 5)
    assert sum(each["probability"] for each in outputs["top"]) == pytest.approx(1, abs=1e-4)
    assert [repeat["settings"]["batch_size"] for repeat in repeats] == [1, 1, 1, 4, 4, 4]
    assert [repeat["is_cold"] for repeat in repeats] == [True, False, False] * 2
    assert all(r["images_per_s"] == pytest.approx(r["images"] / r["wall_s"]) for r in repeats)


def test_layers_and_parameters_are_counted(kept: Resident) -> None:
    record = classified(kept).record
    assert record["outputs"]["layers"]["Conv2d"] == record["outputs"]["layers"]["BatchNorm2d"] == 17
    assert record["model"]["parameters"] == 140_261


def test_every_step_is_a_picture_and_a_figure(kept: Resident) -> None:
    outcome = classified(kept)
    steps = outcome.record["outputs"]["preprocessing"]
    assert [picture.role for picture in outcome.pictures] == ["original", "resized", "cropped", "input"]
    assert [(step["step"], step["width"]) for step in steps] == [
        ("original", 384),
        ("resized", 73),
        ("cropped", 64),
        ("input", 64),
    ]
    last = steps[-1]
    assert last["shape"] == [3, 64, 64] and last["low"] < 0 < last["average"] < 1 < last["high"]
    inside = describe(outcome.pictures[3].png)
    assert inside["mean"] == last["mean"] == [0.441, 0.456, 0.507]
    assert inside["run"] == outcome.record["id"] and inside["models"] == ["ResNet50"]


def test_in_eval_mode_company_changes_nothing_and_nothing_is_kept(kept: Resident) -> None:
    outputs = classified(kept).record["outputs"]
    [only] = outputs["company"]
    assert only["eval_mode"] and only["largest_change"] < 1e-5
    assert outputs["graph"] == [{"inference_mode": True, "images": 4, "saved_bytes": 0}]
    assert "top_as_trained" not in outputs and "after_training_mode" not in outputs


def test_training_mode_moves_the_picture_and_leaves_the_next_run_alone(kept: Resident) -> None:
    before = classified(kept).record["outputs"]["top"]
    record = classified(kept, eval_mode=False).record
    assert_valid(record)
    outputs = record["outputs"]
    as_trained, training = outputs["company"]
    assert as_trained["largest_change"] < 1e-5 < 0.01 < training["largest_change"]
    assert as_trained["category"] == training["category"]
    assert outputs["top_as_trained"] == before != outputs["top"]
    after = outputs["after_training_mode"]
    assert after["probability_after"] != after["probability_before"] and after["passes"] == 6
    assert classified(kept).record["outputs"]["top"] == before


def test_without_inference_mode_the_graph_is_counted_and_timed(kept: Resident) -> None:
    record = classified(kept, inference_mode=False).record
    assert_valid(record)
    on, off = record["outputs"]["graph"]
    assert on["saved_bytes"] == 0 and off["saved_bytes"] > 1_000_000
    assert len(on["passes_s"]) == len(off["passes_s"]) == 3 and min(on["passes_s"] + off["passes_s"]) > 0


def test_without_normalising_the_toy_cat_gets_another_name(kept: Resident) -> None:
    outcome = classified(kept, normalise=False, picture="table")
    outputs = outcome.record["outputs"]
    assert outputs["top_as_trained"][0]["category"] == "cat" != outputs["top"][0]["category"]
    assert 0 <= outputs["preprocessing"][-1]["low"] <= outputs["preprocessing"][-1]["high"] <= 1
    assert "mean" not in outputs["preprocessing"][-1]


def test_the_limit_is_of_the_largest_batch_and_a_pass_of_it_is_profiled(kept: Resident) -> None:
    record = classified(kept, batch_sizes=[8, 2]).record
    limit = record["limit"]
    assert (limit["unit"], limit["images"]) == ("s/batch", 8)
    assert limit["flops"] == record["profile"]["flops"] == 8 * 23_857_664
    assert 0 < limit["value"] < min(r["wall_s"] for r in record["repeats"] if r["images"] == 8)
    assert record["profile"]["of"] == "a batch of 8" and record["profile"]["products_s"] > 0


def test_random_weights_of_the_real_size_name_nothing(resident: Resident) -> None:
    record = classified(resident, source="dummy", model="mobilenet_v2", batch_sizes=[1], repeats=2).record
    assert_valid(record)
    assert record["model"]["parameters"] == 3_504_872 and record["model"]["label"] == "random weights of the real size"
    assert record["outputs"]["top"] is None and "name nothing" in record["outputs"]["top_reason"]
    assert record["outputs"]["layers"]["Dropout"] == 1


def test_a_twin_that_there_is_not_fails_with_the_reason(resident: Resident) -> None:
    record = classified(resident, model="resnet18").record
    assert (record["state"], record["error"]["kind"]) == ("failed", "weights_unavailable")


def test_an_own_picture_of_any_shape_is_taken(kept: Resident) -> None:
    out = io.BytesIO()
    Image.new("RGB", (400, 80), "green").save(out, "PNG")
    settings = SETTINGS | {"picture": "upload:" + 32 * "0"}
    outcome = execute("image_classification", settings, SilentProgress(), kept, picture=out.getvalue())
    assert outcome.record["state"] == "finished"
    assert [step["width"] for step in outcome.record["outputs"]["preprocessing"]] == [400, 365, 64, 64]


def test_cancel_stops_between_two_passes_and_restores_the_network(kept: Resident) -> None:
    before = classified(kept).record["outputs"]["top"]
    outcome = classified(kept, Watcher(lambda seen: seen.step >= 2), eval_mode=False)
    assert outcome.record["state"] == "cancelled" and 1 <= len(outcome.record["repeats"]) <= 3
    assert classified(kept).record["outputs"]["top"] == before


def test_a_batch_whose_graph_does_not_fit_is_refused_with_both_sizes(
    kept: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = type("Memory", (), {"available": 2**30})
    classified(kept)
    monkeypatch.setattr(run_module.psutil, "virtual_memory", lambda: free)
    assert classified(kept).record["state"] == "finished"
    error = classified(kept, inference_mode=False).record["error"]
    assert error["kind"] == "out_of_memory" and "1.00 GiB are free" in error["message"]
    assert "inference_mode" in error["remedy"]
    assert psutil is run_module.psutil


def test_views_are_all_different_and_always_the_same() -> None:
    picture = Image.open(SHIPPED["table"]).convert("RGB")
    made, again = program.views(picture, 9), program.views(picture, 9)
    assert len({view.tobytes() for view in made}) == 9
    assert made[0] is picture and all(one.tobytes() == two.tobytes() for one, two in zip(made, again, strict=True))


def test_the_bytes_of_a_graph_are_the_tensors_that_backward_needs() -> None:
    model, batch = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 1, bias=False), torch.nn.Flatten()), torch.rand(4, 3, 8, 8)
    # The convolution keeps its input, the softmax its output; the weights are not counted.
    assert saved_bytes(model, batch, inference_mode=False) == (4 * 3 * 64 + 4 * 2 * 64) * 4
    assert saved_bytes(model, batch, inference_mode=True) == 0


def test_training_mode_depends_on_the_company_and_its_traces_are_removed() -> None:
    model, picture = small_network(), torch.rand(1, 3, 8, 8)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    batches = {ALONE: picture, "others": torch.cat([picture, torch.rand(3, 3, 8, 8)])}
    with kept_statistics(model):
        calm, moved = company(model, batches, is_eval=True), company(model, batches, is_eval=False)
        assert any(not torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert calm["largest_change"] < 1e-6 < 1e-4 < moved["largest_change"]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items()) and not model.training


def test_normalised_numbers_follow_the_recipe() -> None:
    from torchvision.models import get_model_weights

    published = get_model_weights("resnet50")["IMAGENET1K_V1"]
    white = program.preprocess(Image.new("RGB", (300, 500), "white"), published)[2]
    assert white.shape == (3, 224, 224)
    assert np.allclose(white[:, 0, 0].numpy(), [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])
