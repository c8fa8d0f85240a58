"""Measures program.py: one picture step by step and named, what the switches do, then batches of growing size.

Each batch holds different pictures, the chosen one first. A pass begins with the batch in main memory and ends with
the probabilities there, so on a GPU both transfers are inside, as they are for whoever serves such a model. The first
pass of every batch size is cold.
"""

import gc
from typing import Any

import psutil
import torch
from PIL import Image

import core.models.small_resnet  # noqa: F401  # torchvision then knows the twin by name
from core.errors import OutOfMemory
from core.labs.image_classification import program
from core.labs.image_classification.settings import Settings
from core.labs.image_classification.switches import ALONE, company, graph, kept_statistics
from core.measure.profile import Profiler
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.measure.work import flops
from core.models.catalog import CATALOG
from core.models.checkpoint import Checkpoint
from core.models.listing import MARGIN_BYTES
from core.models.resident import Resident
from core.runs.drawing import provenance, readings_at_the_end
from core.runs.limit_pass import LOOKING, DeviceRates
from core.runs.loading import Loaded, load_or_reuse, model_entry
from core.runs.pictures import SHIPPED, chosen_picture
from core.runs.planning import models_of
from core.runs.png import png
from core.units import gib

TWIN = ("small_resnet", "SCENES_V1")
COMPANY = 8
"""Pictures in the batches whose company is compared."""
MOST_FOR_GRAPH = 8
"""Pictures in the batch that shows what the graph costs: with ResNet50 they keep about 0.7 GB."""
NO_NAMES = "random weights name nothing; time and memory are those of the real model"
PREPARING, NAMING = "Preparing the pictures", "Naming the picture"
EVAL, GRAPH = "Comparing the company", "Counting what the graph keeps"


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse the network, name the picture, check the switches, time every batch size."""
    picture = chosen_picture(settings.settled().picture, recorder)
    model, published = load_or_reuse(
        "image_classification",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
    )
    rates = DeviceRates(settings, model)
    recorder.record["outputs"]["layers"] = program.layers(model)
    with kept_statistics(model), readings_at_the_end(recorder):
        with recorder.stage(PREPARING):
            _steps(settings, picture, published, recorder)
            batch = _batch(program.views(picture, max(*settings.batch_sizes, COMPANY)), published, settings.normalise)
        with recorder.stage(NAMING), kept_statistics(model):
            _name(settings, model, published, picture, recorder)
        with recorder.stage(EVAL), kept_statistics(model):
            _compare_company(settings, model, published, batch, recorder)
        with recorder.stage(GRAPH), kept_statistics(model):
            _count_graph(settings, model, batch, recorder)
        rates.measure()
        recorder.meters.reset_peaks()
        _time_batches(settings, model, batch, recorder, progress)
        if not settings.eval_mode:
            _after_training_mode(settings, model, published, batch[:1], recorder)
    rates.measure()
    with recorder.stage(LOOKING), kept_statistics(model):
        _look_closer(settings, model, batch[: max(settings.batch_sizes)], rates, recorder)


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[tuple[Any, Any]]:
    weights, entry = found[settings.model], CATALOG[settings.model]
    name, version = TWIN if settings.source == "embedded" else (entry.id, entry.revision)
    dtype = getattr(torch, settings.dtype)
    model, published = program.load(name, version, weights.path, settings.device, dtype, recorder.begin_stage)
    return Loaded((model, published), [model_entry(entry.id, weights, {"model": model}, settings.dtype)])


def _steps(settings: Settings, picture: Image.Image, published: Any, recorder: Recorder) -> None:
    """The picture after each step, as pictures and figures."""
    resized, cropped, numbers = program.preprocess(picture, published, settings.normalise)
    low, high = float(numbers.min()), float(numbers.max())
    recipe = published.transforms()
    used = {"mean": list(recipe.mean), "std": list(recipe.std)} if settings.normalise else {}
    given = {"low": low, "high": high, "average": float(numbers.mean()), "shape": list(numbers.shape), **used}
    shown = numbers if not settings.normalise else (numbers - low) / max(high - low, 1e-9)
    pixels = (shown * 255).round().byte().permute(1, 2, 0).numpy()
    made = {"original": picture, "resized": resized, "cropped": cropped, "input": Image.fromarray(pixels)}
    for role, image in made.items():
        details = {"width": image.width, "height": image.height, **(given if role == "input" else {})}
        recorder.record["outputs"].setdefault("preprocessing", []).append({"step": role, **details})
        made_by = {"role": role, **provenance(recorder), **details}
        recorder.pictures.append(RunPicture(role, details, png(image, made_by, f"Classification: {role}")))


def _batch(pictures: list[Image.Image], published: Any, normalise: bool) -> torch.Tensor:
    return torch.stack([program.preprocess(picture, published, normalise)[2] for picture in pictures])


def _name(settings: Settings, model: Any, published: Any, picture: Image.Image, recorder: Recorder) -> None:
    """The likeliest categories as set; without normalising or eval mode also as they should be."""
    outputs = recorder.record["outputs"]
    if settings.source == "dummy":
        outputs |= {"top": None, "top_reason": NO_NAMES}
        return

    def found(normalise: bool, is_eval: bool) -> list[dict[str, Any]]:
        model.train(not is_eval)
        given = _batch([picture], published, normalise)
        named = program.top(program.classify(model, given)[0], published.meta["categories"])
        return [{"category": category, "probability": probability} for category, probability in named]

    if not (settings.normalise and settings.eval_mode):
        # First, as a pass in training mode changes the network's statistics.
        outputs["top_as_trained"] = found(normalise=True, is_eval=True)
    outputs["top"] = found(settings.normalise, settings.eval_mode)


def _compare_company(settings: Settings, model: Any, published: Any, batch: torch.Tensor, recorder: Recorder) -> None:
    """One picture alone, with parts of itself, and with parts of another picture."""
    other_name = "table" if settings.settled().picture == "scene" else "scene"
    with Image.open(SHIPPED[other_name]) as other:
        others = _batch(program.views(other.convert("RGB"), COMPANY - 1), published, settings.normalise)
    batches = {
        ALONE: batch[:1],
        "with its parts": batch[:COMPANY],
        "with others": torch.cat([batch[:1], others]),
    }
    shown = [company(model, batches, is_eval=True)]
    if not settings.eval_mode:
        shown.append(company(model, batches, is_eval=False, category=shown[0]["category"]))
    recorder.record["outputs"]["company"] = shown


def _count_graph(settings: Settings, model: Any, batch: torch.Tensor, recorder: Recorder) -> None:
    """Bytes and time with the graph and without it; where the run does without, only the bytes."""
    model.train(not settings.eval_mode)
    images = batch[: min(MOST_FOR_GRAPH, max(settings.batch_sizes))]
    found = graph(model, images, settings.inference_mode, settings.repeats, recorder.clock)
    recorder.record["outputs"]["graph"] = found


def _time_batches(settings: Settings, model: Any, batch: torch.Tensor, recorder: Recorder, progress: Progress) -> None:
    model.train(not settings.eval_mode)
    done, total = 0, len(settings.batch_sizes) * settings.repeats
    for size in settings.batch_sizes:
        _check_room(size, recorder)
        images = batch[:size].clone()
        for index in range(settings.repeats):
            progress.check()
            progress.report(f"{size} at once" if size > 1 else "One picture", done, total)
            _pass(settings, model, images, index == 0, recorder)
            done += 1
    progress.report("Done", done, total)


def _pass(settings: Settings, model: Any, images: torch.Tensor, is_cold: bool, recorder: Recorder) -> None:
    gc.collect()
    with recorder.clock.measure() as timing:
        program.classify(model, images, settings.inference_mode)
    size = len(images)
    figures: dict[str, Any] = {"images": size, "images_per_s": size / timing.wall_s, "is_cold": is_cold}
    recorder.timeline.sample()
    recorder.spend([{"name": f"Batches of {size}", "wall_s": timing.wall_s}])
    recorder.repeat(timing, settings={"batch_size": size}, **figures)


def _check_room(size: int, recorder: Recorder) -> None:
    """Refuse a batch whose graph would drive this machine out of RAM; the graph of fewer pictures was just counted.

    Raises:
        OutOfMemory: with what is needed and what is free.
    """
    counted = recorder.record["outputs"]["graph"][-1]
    needed = counted["saved_bytes"] / counted["images"] * size + MARGIN_BYTES
    free = psutil.virtual_memory().available
    if counted["saved_bytes"] and recorder.record["device"]["type"] == "cpu" and needed > free:
        raise OutOfMemory(
            f"A batch of {size} needs about {gib(needed)} of RAM with its graph, and {gib(free)} are free.",
            "Switch inference_mode on, or take smaller batch_sizes.",
        )


def _after_training_mode(
    settings: Settings, model: Any, published: Any, alone: torch.Tensor, recorder: Recorder
) -> None:
    """Back in eval mode after all those passes: the probability of the same category, by the statistics they left."""
    before = recorder.record["outputs"]["company"][0]
    model.eval()
    after = program.classify(model, alone)[0]
    recorder.record["outputs"]["after_training_mode"] = {
        "probability_before": before["probabilities"][ALONE],
        "probability_after": float(after[before["category"]]),
        "passes": len(recorder.record["repeats"]),
    }


def _look_closer(settings: Settings, model: Any, images: torch.Tensor, rates: DeviceRates, recorder: Recorder) -> None:
    """Set the largest batch beside the device's limit, and profile one more pass of it."""
    model.train(not settings.eval_mode)
    times = [repeat["wall_s"] for repeat in recorder.record["repeats"] if repeat["images"] == len(images)]
    profiler = Profiler(recorder.clock.device)
    profiler.start()
    try:
        program.classify(model, images, settings.inference_mode)
    finally:
        profiler.stop()
    operations = flops(model, (images.to(next(model.parameters()).dtype),), {})
    recorder.profile(profiler.result(f"a batch of {len(images)}", min(times)), flops=operations)
    rates.set_beside(recorder, operations, "batch", min(times), images=len(images))
