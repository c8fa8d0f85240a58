import math
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG, CONFIGS, Component, Model
from core.models.checkpoint import checkpoint
from core.models.embedded import FOLDER

WITH_TWIN = [model for model in CATALOG.values() if model.twin]
PIPELINES_AND_TEXT = [model for model in CATALOG.values() if model.url is None]
SDXL = {
    "unet": 2_567_463_684,
    "vae": 83_653_863,
    "text_encoder": 123_060_480,
    "text_encoder_2": 694_659_840,
}
"""Podell et al. 2023, table 1: 2.6 billion in the UNet, 817 million in the two text encoders together."""
FROM_THE_DESIGN = {
    "qwen3-0.6b": {"model": 596_049_920},
    "stable-diffusion-1.5": {
        "unet": 859_520_964,
        "vae": 83_653_863,
        "text_encoder": 123_060_480,
        "safety_checker": 303_981_588,
    },
    "lcm-dreamshaper-v7": {
        "unet": 859_520_964 + 256 * 320,
        "vae": 83_653_863,
        "text_encoder": 123_060_480,
        "safety_checker": 303_981_588,
    },
    "sdxl-inpainting": {
        "unet": 2_567_478_084,
        "vae": 83_653_863,
        "text_encoder": 123_060_480,
        "text_encoder_2": 694_659_840,
    },
    "stable-diffusion-1.4": {
        "unet": 859_520_964,
        "vae": 83_653_863,
        "text_encoder": 123_060_480,
        "safety_checker": 303_981_588,
    },
    "sdxl-base": SDXL,
    "sdxl-turbo": SDXL,
    "sdxl-refiner": {"unet": 2_259_526_660},
    "ddpm-cifar10-32": {"model": 35_746_307},
    "clip-vit-base-patch16": {"model": 149_620_737},
    "animatediff-motion-adapter-v1-5-2": {"model": 453_209_280},
    "yolov8n-seg": {"model": 3_409_968},
    "resnet50": {"model": 25_557_032},
    "resnet18": {"model": 11_689_512},
    "mobilenet_v2": {"model": 3_504_872},
}


def as_counts(components: tuple[Component, ...]) -> dict[str, int]:
    return {component.name: component.parameters for component in components}


def built_counts(folder: Path) -> dict[str, int]:
    from core.models.architecture import networks, parameters

    return {name: parameters(network) for name, network in networks(folder).items()}


def shipped_counts(folder: Path) -> dict[str, int]:
    """Numbers in the weights files, by the folder that a file is in (`model` for a single one)."""
    counts = {}
    for path in folder.rglob("*.safetensors"):
        with safe_open(path, "pt") as file:
            name = "model" if path.parent == folder else path.parent.name
            counts[name] = sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())  # noqa: SIM118
    return counts


def built_from_one_file(model: Model) -> Any:
    if model.task == "segmentation":
        from core.models.yolo import network

        return network()
    from core.models import classifier

    return classifier.network(model.id)


def shipped_in_one_file(model: Model, path: str) -> Any:
    if model.task == "segmentation":
        from ultralytics import YOLO

        return YOLO(path).model
    from core.models import classifier

    return classifier.twin_network(FOLDER / model.id)


def shipped_networks(model: Model, folder: Path) -> dict[str, int]:
    """Parameters by component; the judge keeps what it normalises by in its file as well, which are no parameters."""
    if model.task == "text-and-picture":
        from core.models.judge import read_judge

        return counted(read_judge(folder))
    if model.task == "text-to-video":  # so does the file of the motion modules with the numbers of the frames' places
        from diffusers import MotionAdapter

        return counted(MotionAdapter.from_pretrained(folder))
    return shipped_counts(folder)


def counted(built: Any) -> dict[str, int]:
    return {"model": sum(parameter.numel() for parameter in built.parameters())}


def test_catalog_states_the_parameters_that_the_design_gives():
    assert {model.id: as_counts(model.components) for model in CATALOG.values()} == FROM_THE_DESIGN


@pytest.mark.parametrize("model", CATALOG.values(), ids=lambda model: model.id)
def test_configurations_build_networks_of_exactly_the_stated_parameters(model):
    built = counted(built_from_one_file(model)) if model.url else built_counts(CONFIGS / model.id)
    assert built == as_counts(model.components)


@pytest.mark.parametrize("model", WITH_TWIN, ids=lambda model: model.id)
def test_twins_have_exactly_the_stated_parameters(model):
    shipped = checkpoint(model.id, "embedded", SilentProgress()).path
    found = counted(shipped_in_one_file(model, shipped)) if model.url else shipped_networks(model, Path(shipped))
    assert found == as_counts(model.twin)


@pytest.mark.parametrize("model", WITH_TWIN, ids=lambda model: model.id)
def test_twin_has_the_same_components_but_a_safety_checker_and_is_small(model):
    names = [component.name for component in model.components if component.name != "safety_checker"]
    assert [component.name for component in model.twin] == names
    assert model.twin_parameters < 7_000_000


def test_sdxl_has_as_many_parameters_as_its_paper_says():
    text_encoders = SDXL["text_encoder"] + SDXL["text_encoder_2"]
    assert (round(SDXL["unet"] / 1e9, 1), text_encoders // 1_000_000) == (2.6, 817)


def test_a_model_has_a_twin_or_the_reason_why_not():
    assert all(bool(model.twin) != bool(model.twin_reason) for model in CATALOG.values())


@pytest.mark.parametrize("name", ["resnet50", "resnet18", "mobilenet_v2"])
def test_classifiers_name_the_weights_that_torchvision_publishes(name):
    from torchvision.models import get_model_weights

    model = CATALOG[name]
    published = get_model_weights(name)[model.revision]
    assert (model.url, model.parameters) == (published.url, published.meta["num_params"])
    assert round(model.download_bytes / 2**20, 1) == round(published.meta["_file_size"], 1)
    assert published.transforms().crop_size == [model.native_size]


def test_qwen_stores_its_tied_head_twice():
    assert CATALOG["qwen3-0.6b"].stored_bytes == 1_503_264_768


def test_weights_take_two_or_four_bytes_per_parameter():
    model = CATALOG["stable-diffusion-1.5"]
    assert model.weights_bytes("float16") == 2_740_433_790
    assert model.weights_bytes("float32") == 2 * model.weights_bytes("bfloat16")


@pytest.mark.parametrize("model", PIPELINES_AND_TEXT, ids=lambda model: model.id)
def test_download_is_a_little_more_than_the_tensors(model):
    assert model.stored_bytes < model.download_bytes < model.stored_bytes + 20_000_000
