import pytest

from core.errors import InvalidSettings
from core.runs.lab import Lab
from core.runs.parsing import allowed, parse_settings, parse_value
from core.runs.registry import LABS

TEXT, PICTURE, INPAINTING = LABS["text_generation"], LABS["text_to_image"], LABS["inpainting"]


def test_what_is_not_named_takes_the_lessons_value() -> None:
    settings = parse_settings(TEXT, {"max_new_tokens": 5})
    assert settings.model_dump()["temperature"] == 0.7


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"max_new_tokens": 5000}, "max_new_tokens = 5000 is not possible: it takes a whole number from 1 to 1,000."),
        ({"max_new_tokens": "many"}, "max_new_tokens = 'many' is not possible: it takes a whole number from 1 to"),
        ({"temperature": 9}, "temperature = 9 is not possible: it takes a number from 0.05 to 2"),
        ({"device": "gpu"}, "device = 'gpu' is not possible: it takes text like ^(auto|cpu|mps|cuda"),
        ({"model": "gpt"}, "model = 'gpt' is not possible: it takes 'qwen3-0.6b'."),
        ({"prompt": ""}, "prompt = '' is not possible: it takes text of 1 to 1,000 characters."),
        ({"steps": 5}, "has no setting 'steps'"),
    ],
)
def test_an_error_names_the_setting_the_value_and_what_is_allowed(values: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidSettings) as error:
        parse_settings(TEXT, values)
    assert says in error.value.message
    assert error.value.remedy


def test_an_error_calls_a_setting_what_its_reader_does() -> None:
    with pytest.raises(InvalidSettings, match=r"^The max_new_tokens = 5000 is not possible"):
        parse_settings(TEXT, {"max_new_tokens": 5000}, "The {}".format)


def test_a_size_is_a_multiple_of_eight_or_nothing() -> None:
    with pytest.raises(InvalidSettings, match=r"height = 100 .* a multiple of 8 or null"):
        parse_settings(PICTURE, {"height": 100})


def test_a_sweep_without_values_is_explained() -> None:
    with pytest.raises(InvalidSettings, match="set both sweep"):
        parse_settings(PICTURE, {"sweep": "seed"})


def test_a_swept_value_is_held_to_its_settings_range() -> None:
    with pytest.raises(InvalidSettings):
        parse_settings(PICTURE, {"sweep": "num_inference_steps", "sweep_values": [1, 900]})


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize("value", [INF, -INF, NAN, "inf", "1e999", "nan", 1e308, -1e308, 10**400])
@pytest.mark.parametrize("sweep", ["seed", "num_inference_steps", "guidance_scale"])
def test_a_swept_value_that_is_not_finite_or_far_too_large_is_refused_in_one_line(sweep: str, value: object) -> None:
    with pytest.raises(InvalidSettings) as error:
        parse_settings(PICTURE, {"sweep": sweep, "sweep_values": [1, value]})
    assert "\n" not in error.value.message and error.value.remedy


@pytest.mark.parametrize("value", [INF, -INF, NAN, "inf", "1e999", "nan"])
@pytest.mark.parametrize(
    ("lab", "name"),
    [(TEXT, "temperature"), (TEXT, "max_new_tokens"), (PICTURE, "guidance_scale"), (INPAINTING, "guidance_scale")],
)
def test_a_number_is_finite(lab: Lab, name: str, value: object) -> None:
    with pytest.raises(InvalidSettings, match=f"{name} = "):
        parse_settings(lab, {name: value})


@pytest.mark.parametrize("lab", LABS.values(), ids=LABS)
@pytest.mark.parametrize("device", ["cuda:abc", "banana", "cuda:", "cuda:9999", "cpu\n", "cuda:٣"])
def test_a_device_has_a_name_that_torch_knows_in_every_lab(lab: Lab, device: str) -> None:
    with pytest.raises(InvalidSettings, match="device = "):
        parse_settings(lab, {"device": device})


def test_a_swept_value_out_of_range_is_named_with_its_range() -> None:
    with pytest.raises(InvalidSettings, match=r"num_inference_steps cannot be 900: .* 150"):
        parse_settings(PICTURE, {"sweep": "num_inference_steps", "sweep_values": [900]})


@pytest.mark.parametrize("values", [{"prompt": "x" * 5000}, {"max_new_tokens": ["y" * 5000]}, {"z" * 5000: 1}])
def test_a_long_value_is_shortened_where_an_error_repeats_it(values: dict[str, object]) -> None:
    with pytest.raises(InvalidSettings) as error:
        parse_settings(TEXT, values)
    assert "…" in error.value.message and len(error.value.message) < 200


@pytest.mark.parametrize("sizes", [[0], [65], [1.5], [], list(range(1, 10)), ["many"], 4])
def test_batch_sizes_are_held_to_their_range(sizes: object) -> None:
    with pytest.raises(InvalidSettings, match="a list of at most 8 whole numbers from 1 to 64"):
        parse_settings(LABS["image_classification"], {"batch_sizes": sizes})


def test_a_batch_size_that_is_named_twice_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="each batch size is timed once"):
        parse_settings(LABS["image_classification"], {"batch_sizes": [1, 2, 1]})


def test_what_a_choice_takes_is_listed() -> None:
    assert allowed(INPAINTING, "region") == "'box' or 'mask' or 'painted'"


@pytest.mark.parametrize(
    ("lab", "name", "text", "value"),
    [
        (TEXT, "prompt", "123", "123"),
        (TEXT, "max_new_tokens", "5", 5),
        (TEXT, "do_sample", "false", False),
        (TEXT, "seed", "null", None),
        (PICTURE, "sweep", "seed", "seed"),
        (PICTURE, "sweep_values", "[1,1,2]", [1, 1, 2]),
        (TEXT, "no_such", "x=y", "x=y"),
        (TEXT, "max_new_tokens", "9" * 5000, "9" * 5000),
        (TEXT, "max_new_tokens", "[" * 50_000, "[" * 50_000),
    ],
)
def test_a_value_from_the_command_line_takes_its_settings_type(
    lab: object, name: str, text: str, value: object
) -> None:
    assert parse_value(lab, name, text) == value  # type: ignore[arg-type]


def test_a_list_of_names_says_which_names() -> None:
    with pytest.raises(InvalidSettings, match="a list of at most 6 of eager, sdpa"):
        parse_settings(LABS["optimisation"], {"variants": ["warp"]})
