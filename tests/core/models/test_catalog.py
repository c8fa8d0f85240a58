import pytest

from core.models.catalog import CATALOG, Component, Model
from core.models.random_checkpoint import write_configs

PIPELINES_AND_TEXT = [model for model in CATALOG.values() if model.url is None]
FROM_THE_DESIGN = {
    "qwen3-0.6b": {"model": 596_049_920},
    "stable-diffusion-1.5": {
        "unet": 859_520_964,
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
    "yolov8n-seg": {"model": 3_409_968},
}


def as_counts(components: tuple[Component, ...]) -> dict[str, int]:
    return {component.name: component.parameters for component in components}


def built_counts(model: Model, folder, is_twin: bool) -> dict[str, int]:
    if model.url:
        from core.models.yolo import network

        return {"model": sum(parameter.numel() for parameter in network(is_twin).parameters())}
    from core.models.architecture import networks, parameters

    write_configs(model, folder, is_twin)
    return {name: parameters(network) for name, network in networks(folder).items()}


def test_catalog_states_the_parameters_that_the_design_gives():
    assert {model.id: as_counts(model.components) for model in CATALOG.values()} == FROM_THE_DESIGN


@pytest.mark.parametrize("model", CATALOG.values(), ids=lambda model: model.id)
def test_configurations_build_networks_of_exactly_the_stated_parameters(model, tmp_path):
    assert built_counts(model, tmp_path, is_twin=False) == as_counts(model.components)


@pytest.mark.parametrize("model", CATALOG.values(), ids=lambda model: model.id)
def test_twins_have_exactly_the_stated_parameters(model, tmp_path):
    assert built_counts(model, tmp_path, is_twin=True) == as_counts(model.twin)


@pytest.mark.parametrize("model", CATALOG.values(), ids=lambda model: model.id)
def test_twin_has_the_same_components_and_is_small(model):
    assert [component.name for component in model.twin] == [component.name for component in model.components]
    assert model.twin_parameters < 7_000_000


def test_qwen_stores_its_tied_head_twice():
    assert CATALOG["qwen3-0.6b"].stored_bytes == 1_503_264_768


def test_weights_take_two_or_four_bytes_per_parameter():
    model = CATALOG["stable-diffusion-1.5"]
    assert model.weights_bytes("float16") == 2_740_433_790
    assert model.weights_bytes("float32") == 2 * model.weights_bytes("bfloat16")


@pytest.mark.parametrize("model", PIPELINES_AND_TEXT, ids=lambda model: model.id)
def test_download_is_a_little_more_than_the_tensors(model):
    assert model.stored_bytes < model.download_bytes < model.stored_bytes + 20_000_000
