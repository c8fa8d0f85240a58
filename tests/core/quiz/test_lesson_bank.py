"""quiz_bank.yaml itself: the lesson's key, the presets, and figures that are worked out again."""

import json
import re
from pathlib import Path

import pytest

from core.config import ROOT
from core.models.catalog import CATALOG
from core.quiz.checking import check_file
from core.quiz.evidence import options_for, preset, reasons_against
from core.runs.registry import LABS
from core.runs.waiting import busy_share, mean_wait_s
from tests.core.quiz.examples import LESSON

KEY = {"Q1": "abcd", "Q2": "bd", "Q3": "acd", "Q8": "d", "Q9": "c", "Q10": "ac", "Q11": "b"}
KEY_OF_PRECISION = {"P1": "ab", "P2": "c", "P3": "ad", "P4": "b"}
KEY_OF_DIFFUSION = {
    "D1": "bd",
    "D2": "c",
    "D4": "c",
    "D5": "d",
    "D6": "bc",
    "D7": "b",
    "D8": "c",
    "D9": "ad",
    "D10": "a",
}
KEY_OF_NOISE = {"N1": "d", "N2": "ac", "N3": "a", "N4": "c", "N5": "b"}
KEY_OF_TRAINING = {"T1": "acd", "T2": "c", "T3": "b", "T4": "ad", "T5": "a"}
KEY_OF_MEMORY = {"M5": "abd"}
KEY_OF_GUIDANCE = {"G1": "b", "G2": "ad", "G3": "c", "G4": "d", "G6": "d"}
KEY_OF_IMAGES = {"I1": "d", "I2": "a", "I3": "c", "I4": "ab", "I5": "b", "I6": "b", "I7": "b", "I8": "b"}
KEY_OF_ENGINES = {"O1": "b", "O2": "d", "O3": "c", "O4": "b"}
KEY_OF_PROMPTS = {"W1": "c", "W2": "a", "W3": "d", "W4": "b", "W5": "bc", "W6": "c"}
KEYS = KEY | KEY_OF_PRECISION | KEY_OF_DIFFUSION | KEY_OF_GUIDANCE | KEY_OF_IMAGES | KEY_OF_ENGINES | KEY_OF_NOISE
KEY_OF_TUNING = {"F1": "abd", "F2": "a", "F3": "b", "F4": "a", "F5": "ac", "F6": "a"}
KEY_OF_VIDEO = {"V1": "b", "V2": "d", "V3": "a", "V4": "c"}
KEYS |= KEY_OF_VIDEO | KEY_OF_MEMORY | KEY_OF_TRAINING | KEY_OF_PROMPTS | KEY_OF_TUNING
MEASURED = ("Q4", "Q5", "Q6", "Q7", "G5")
TEXT = (ROOT / "quiz_bank.yaml").read_text(encoding="utf-8")


def test_bank_has_neither_errors_nor_warnings() -> None:
    assert [str(problem) for problem in check_file(ROOT / "quiz_bank.yaml")] == []


def test_questions_are_q1_to_q11_in_order() -> None:
    lesson = LESSON.questions_of(LESSON.sections[0])
    assert [question.id for question in lesson] == [f"Q{number}" for number in range(1, 12)]


@pytest.mark.parametrize("name", [question.id for question in LESSON.questions])
def test_every_question_has_options_a_to_d(name: str) -> None:
    assert "".join(choice.letter for choice in LESSON.question(name).choices) == "abcd"


@pytest.mark.parametrize(("name", "letters"), KEYS.items())
def test_key_stays_what_answers_were_marked_by(name: str, letters: str) -> None:
    question = LESSON.question(name)
    assert "".join(sorted(question.letters[choice] for choice in question.correct)) == letters


@pytest.mark.parametrize("name", MEASURED)
def test_measured_questions_have_no_fixed_key(name: str) -> None:
    question = LESSON.question(name)
    assert question.key is not None and not question.correct and question.type == "single"


@pytest.mark.parametrize("name", ["Q7", "Q8", "Q9", "Q10", "Q11"])
def test_no_question_starts_with_previews(name: str) -> None:
    assert preset(LESSON.question(name))["previews"] is False


@pytest.mark.parametrize(("name", "letters"), [("Q9", "bc"), ("Q10", "abc")])
def test_second_reading_is_accepted(name: str, letters: str) -> None:
    question = LESSON.question(name)
    others = ["".join(sorted(question.letters[choice] for choice in other)) for other in question.accepted[1:]]
    assert others == [letters]


@pytest.mark.parametrize(("name", "letter"), [("Q4", "b"), ("Q5", "a"), ("Q6", "c"), ("Q7", "d"), ("G5", "c")])
def test_reference_points_to_one_option(name: str, letter: str) -> None:
    question = LESSON.question(name)
    assert question.key and question.key.reference
    assert [question.letters[option] for option in options_for(question, question.key.reference.value)[0]] == [letter]


@pytest.mark.parametrize("name", MEASURED)
def test_every_reference_is_what_the_benchmark_measured_on_the_machine_that_it_names(name: str) -> None:
    key = LESSON.question(name).key
    assert key and key.reference and key.reference.kind == "measured" and not key.reference.lower_bound
    file = ROOT / "bench" / "results" / f"references_{key.evidence.device}.json"
    found = json.loads(file.read_text())["questions"][name]
    assert key.reference.value == pytest.approx(found["value"], rel=0.005)
    assert found["machine"] in key.reference.machine and found["unit"] == key.reference.unit


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Q3", {"model": "qwen3-0.6b", "device": "cpu", "dtype": "float32"}),
        ("Q4", {"device": "cpu", "dtype": "float32", "repeats": 3, "max_new_tokens": 100, "temperature": 0.7}),
        ("Q5", {"device": "cuda", "repeats": 3, "max_new_tokens": 100, "do_sample": True}),
        ("Q6", {"model": "stable-diffusion-1.5", "device": "cuda", "dtype": "float16", "fresh_process": True}),
        ("Q7", {"height": 512, "width": 512, "guidance_scale": 7.5, "num_inference_steps": 50, "fresh_process": True}),
        ("Q8", {"sweep": "seed", "guidance_scale": 5.0, "num_inference_steps": 50, "device": "auto"}),
        ("Q9", {"sweep_values": [1, 5, 10, 25, 50], "device": "auto"}),
        ("Q10", {"sweep_values": [1, 5, 7.5, 20, 100], "device": "auto"}),
        ("Q11", {"model": "sdxl-inpainting", "detector": "yolov8n-seg"}),
    ],
)
def test_page_starts_from_the_lessons_settings(name: str, wanted: dict[str, object]) -> None:
    found = preset(LESSON.question(name))
    assert {setting: found[setting] for setting in wanted} == wanted


def test_precision_questions_stand_in_their_own_section_and_predict_first() -> None:
    section = next(each for each in LESSON.sections if each.id == "precision")
    questions = LESSON.questions_of(section)
    assert [question.id for question in questions] == ["P1", "P2", "P3", "P4"]
    assert all(question.predict == "required" and question.lab.name == "precision" for question in questions)
    assert {
        question.id: "".join(sorted(question.letters[choice] for choice in question.correct)) for question in questions
    } == KEY_OF_PRECISION


def test_no_precision_question_compiles_as_that_takes_minutes() -> None:
    for name in KEY_OF_PRECISION:
        assert not [each for each in preset(LESSON.question(name))["precisions"] if each.endswith("_compiled")]


def test_bytes_of_four_bits_follow_from_the_architecture() -> None:
    parameters, embedding = CATALOG["qwen3-0.6b"].parameters, 151_936 * 1_024
    linear = 28 * (2 * 2_048 * 1_024 + 2 * 1_024 * 1_024 + 3 * 3_072 * 1_024)
    packed, scales = linear / 2, linear / 64 * 4
    for figure in (f"{linear:,}", f"{packed / 1e6:.1f} MB", f"{linear // 64:,}", f"{scales / 1e6:.1f} MB"):
        assert figure in TEXT
    whole = packed + scales + 2 * (parameters - linear)
    assert (f"{whole / 1e6:.0f}", f"{whole / (2 * parameters):.0%}") == ("559", "47%")
    assert f"{embedding / parameters:.0%}" == "26%" and embedding * 2 > whole / 2
    assert f"{whole / parameters:.2f}" == "0.94"


def test_four_bits_by_the_rule_are_too_few_for_any_size() -> None:
    """Llama 3 70B: 80 layers of width 8,192, 8 heads of keys, 28,672 inside; embedding and output stay in 16 bits."""
    linear = 80 * (2 * 8_192 * 8_192 + 2 * 8_192 * 1_024 + 3 * 8_192 * 28_672)
    rest = 2 * 128_256 * 8_192
    assert f"{linear + rest + 161 * 8_192:,}" == "70,553,706,496"
    missing = 1 - 0.5 * (linear + rest) / (linear * (0.5 + 4 / 64) + 2 * rest)
    assert abs(missing - 1 / 6) < 0.01 and "is a sixth too low for Llama 3" in TEXT
    assert 0.45 < 1 - 0.5 * CATALOG["qwen3-0.6b"].parameters / 559e6 < 0.5 and "almost half too low" in TEXT


def test_size_of_the_gguf_file_follows_from_the_architecture() -> None:
    norms = 28 * (2 * 1_024 + 2 * 128) + 1_024
    file = (CATALOG["qwen3-0.6b"].parameters - norms) * 4.5 / 8 + norms * 4
    assert f"{file / 1e6:.0f} MB" in LESSON.question("P4").about
    assert f"{file / 1e9:.2f} GB" in LESSON.question("P4").choices[0].text


def test_seed_question_draws_one_seed_twice_and_another_once() -> None:
    first, second, third = preset(LESSON.question("Q8"))["sweep_values"]
    assert first == second != third


def test_memory_questions_name_their_meter() -> None:
    assert {name: LESSON.question(name).meter for name in ("Q3", "Q6", "Q7")} == {
        "Q3": "process_rss",
        "Q6": "device_used",
        "Q7": "device_used",
    }


def test_predictions_are_asked_from_q3_on() -> None:
    lesson = LESSON.questions_of(LESSON.sections[0])
    asked = [question.id for question in lesson if question.predict == "required"]
    assert asked == [f"Q{number}" for number in range(3, 12)]


def test_every_option_says_something_chosen_or_not() -> None:
    for question in LESSON.questions:
        for choice in question.choices:
            assert choice.feedback, (question.id, choice.id)
            assert choice.feedback_unchosen or question.key, (question.id, choice.id)


@pytest.mark.parametrize("name", ["Q4", "Q5"])
def test_feedback_of_a_time_speaks_of_the_option_and_not_of_the_run(name: str) -> None:
    """18.3 s counts as the option 20 to 40 s: a sentence about "your" figure would be wrong beside it."""
    for choice in LESSON.question(name).choices:
        assert choice.feedback and re.match(r"100 tokens in (under|over|\d)", choice.feedback)
        assert "your" not in choice.feedback.lower()


@pytest.mark.parametrize("name", ["Q4", "Q5"])
def test_tokens_per_second_in_the_feedback_follow_from_the_range(name: str) -> None:
    for choice in LESSON.question(name).choices:
        assert choice.feedback and choice.range
        low, high = 100 / choice.range[1], 100 / (choice.range[0] or 0.01)
        told = re.search(r"([\d.]+)(?: to ([\d.]+))? tokens a second", choice.feedback)
        assert told
        figures = [float(figure) for figure in told.groups() if figure]
        assert all(low * 0.99 <= figure <= high * 1.03 for figure in figures), (choice.id, figures)


def test_wrong_options_do_not_name_the_right_letter() -> None:
    for question in LESSON.questions:
        for choice in question.choices:
            if not choice.correct and not question.key:
                assert not re.search(r"\b(with|and) [a-d]\b", choice.feedback or ""), (question.id, choice.id)


@pytest.mark.parametrize(
    "component", [part for name in ("stable-diffusion-1.5", "sdxl-inpainting") for part in CATALOG[name].components]
)
def test_parameter_counts_in_the_text_are_the_catalogs(component: object) -> None:
    assert f"{component.parameters:,}" in TEXT  # type: ignore[attr-defined]


def test_figures_in_the_text_follow_from_the_parameters() -> None:
    diffusion, qwen = CATALOG["stable-diffusion-1.5"], CATALOG["qwen3-0.6b"]
    assert f"{diffusion.weights_bytes('float16') / 2**30:.2f} GiB" == "2.55 GiB"
    assert f"{diffusion.weights_bytes('float32') / 2**30:.2f} GiB" == "5.10 GiB"
    assert f"{qwen.weights_bytes('float32') / 1e9:.2f} GB = {qwen.weights_bytes('float32') / 2**30:.2f} GiB" in TEXT
    assert f"{qwen.weights_bytes('bfloat16') / 1e9:.2f} GB = {qwen.weights_bytes('bfloat16') / 2**30:.2f} GiB" in TEXT
    assert f"{qwen.parameters + 151_936 * 1_024:,}" == "751,632,384"
    assert round(320e9 / qwen.weights_bytes("bfloat16")) == 268
    assert round(4800e9 / qwen.weights_bytes("bfloat16"), -1) == 4030
    assert round(4000e9 / qwen.weights_bytes("bfloat16"), -1) == 3360
    assert 58.6 / 3360 < 0.02 and round(414 / 58.6) == 7


def test_latents_are_as_many_times_smaller_as_the_question_says() -> None:
    picture, latents = 512 * 512 * 3, 64 * 64 * 4
    assert picture / latents == 48
    for figure in (f"{picture:,}", f"{latents:,}"):
        assert figure in LESSON.question("D2").explanation


def test_the_schedules_leave_what_the_questions_say() -> None:
    from diffusers import DDPMScheduler

    from core.labs.ddpm.program import Schedule

    left = Schedule().alpha_bar[256]
    assert f"{left:.2f}" == "0.27" and f"{left**0.5:.2f}" == "0.52" and f"{(1 - left) ** 0.5:.2f}" == "0.85"
    assert Schedule("linear").alpha_bar[200] < 0.5 < Schedule("linear").alpha_bar[180]
    assert abs(Schedule("cosine").alpha_bar[255] - 0.5) < 0.02
    real = ROOT / "core" / "models" / "configs" / "stable-diffusion-1.5" / "scheduler"
    last = DDPMScheduler.from_pretrained(real).alphas_cumprod[-1]
    assert f"{last:.4f}" == "0.0047" and f"{last**0.5:.2f}" == "0.07"
    assert "0.0047" in (LESSON.question("D5").explanation or "")


def test_the_cheaper_picture_is_worked_out_right() -> None:
    question = LESSON.question("D6")
    by_gpu, by_cpu = 2.00 * 4 / 3600, 0.10 * 260 / 3600
    assert (f"{by_gpu:.4f}", f"{by_cpu:.4f}", round(by_cpu / by_gpu)) == ("0.0022", "0.0072", 3)
    assert "0.0022 against 0.10 × 260 / 3600 = 0.0072" in str(question.choices[1].feedback)
    assert (24 * 2.00, round(24 * 0.10, 2), round(10 * 260 / 60)) == (48, 2.40, 43)


def test_guidance_questions_stand_in_their_own_section_and_are_about_its_lab() -> None:
    section = next(each for each in LESSON.sections if each.id == "guidance")
    questions = LESSON.questions_of(section)
    assert [question.id for question in questions] == [f"G{number}" for number in range(1, 7)]
    assert all(question.predict == "required" and question.lab.name == "guidance" for question in questions)


def test_the_prompt_that_is_too_long_is_so_for_the_twin_and_for_the_real_size(tmp_path: Path) -> None:
    from transformers import AutoTokenizer, CLIPTokenizer

    from core.models.tokenizer_files import write_clip_tokenizer

    write_clip_tokenizer(tmp_path, 49_408)
    prompt = LABS["prompt_craft"].settings(**LESSON.question("W5").lab.settings).prompt
    twin = AutoTokenizer.from_pretrained(ROOT / "embedded_models" / "stable-diffusion-1.5" / "tokenizer")
    real = CLIPTokenizer.from_pretrained(tmp_path)
    assert [each.model_max_length for each in (twin, real)] == [48, 77]
    assert all(len(each(prompt, verbose=False).input_ids) > each.model_max_length for each in (twin, real))
    assert len(twin("masterpiece").input_ids) - 2 == 7 and "needs seven for masterpiece" in TEXT
    assert len(real(", ".join(["sea"] * 25)).input_ids) - 2 == 49 and "takes 49 places" in TEXT


@pytest.mark.parametrize(("value", "letter"), [(1.05, "a"), (1.4, "b"), (1.9, "c"), (2.8, "d")])
def test_the_price_of_the_second_prediction_makes_its_option_right(value: float, letter: str) -> None:
    question = LESSON.question("G5")
    assert [question.letters[option] for option in options_for(question, value)[0]] == [letter]


def test_the_price_is_decided_by_a_run_as_the_question_asks_for_it() -> None:
    question = LESSON.question("G5")
    record = {
        "state": "finished",
        "device": {"type": "cpu"},
        "model": {"id": "stable-diffusion-1.5", "dtype": "float32", "source": "dummy"},
        "settings": preset(question),
        "outputs": {"guidance": {"cost": {"ratio": 1.9}}},
    }
    record["model"] |= {"parameters": CATALOG["stable-diffusion-1.5"].parameters}
    assert preset(question)["repeats"] == 6 and reasons_against(question, record) == ()
    fewer = record | {"settings": preset(question) | {"repeats": 1}}
    assert reasons_against(question, fewer) == ("Its repeats was 1; this question asks for 6.",)
    record["outputs"] = {}
    assert reasons_against(question, record) == ("It holds no usable second_prediction.",)


def test_latents_save_as_many_operations_as_the_question_says() -> None:
    """Counted again from the configuration, on a grid of 64 × 64 and of 512 × 512."""
    import torch
    from diffusers import UNet2DConditionModel

    from core.measure.work import flops
    from core.models.catalog import CONFIGS

    with torch.device("meta"):
        config = UNet2DConditionModel.load_config(CONFIGS / "stable-diffusion-1.5" / "unet")
        unet = UNet2DConditionModel.from_config(config)
        text, step = torch.empty(1, 77, 768), torch.tensor(1)
        on_latents, on_pixels = (flops(unet, (torch.empty(1, 4, side, side), step, text), {}) for side in (64, 512))
    told = LESSON.question("G6").explanation or ""
    assert f"{on_latents / 1e9:.0f} billion" == "803 billion" and "803 billion" in told
    assert f"{on_pixels / 1e9:,.0f}" == "545,118" and "545,000 billion" in told
    right = next(choice for choice in LESSON.question("G6").choices if choice.correct)
    assert f"{on_pixels / on_latents:.0f} times" in (right.feedback or "")


def test_compiling_pays_after_what_the_explanation_says() -> None:
    tokens = 37 / (0.0020 - 0.0011)
    assert round(tokens, -3) == 41_000 and round(41_000 * 0.0011) == 45
    assert "about 41,000 tokens" in TEXT and "41,000 tokens take 45 s" in TEXT


def test_sam_is_as_large_as_the_explanation_says() -> None:
    import torch
    from transformers import SamConfig, SamModel

    with torch.device("meta"):
        sam = SamModel(SamConfig())
    for part in (sam, sam.vision_encoder, sam.mask_decoder):
        assert (
            f"{sum(each.numel() for each in part.parameters()) / 1e6:.1f} million" in LESSON.question("I7").explanation
        )


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _texts(part)]


@pytest.mark.parametrize("name", [question.id for question in LESSON.questions])
def test_no_text_shouts_or_spells_another_way(name: str) -> None:
    question = LESSON.question(name).model_dump(mode="json", exclude={"sources", "lab", "key"})
    told = re.sub(r"`[^`]*`", "", " ".join(_texts(question)))
    assert "!" not in told
    assert not re.search(r"quantiz|optimizer|normaliz|color|Right to leave|\d %", told)


def test_averaged_weights_move_as_far_as_the_question_says() -> None:
    import torch

    from core.labs.train_ddpm.program import average

    def moved(step: int) -> int:
        slow, fast = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
        for weight in slow.parameters():
            torch.nn.init.zeros_(weight)
        for weight in fast.parameters():
            torch.nn.init.ones_(weight)
        average(slow, fast, step)
        return round(100 * slow.weight.item())

    assert [moved(step) for step in (0, 299, 100_000)] == [90, 3, 1]
    assert "90% of it after the first step, 3% after the 300th, and never less than 1%" in TEXT.replace("\n      ", " ")


def test_a_class_and_one_machine_is_worked_out_again() -> None:
    question = LESSON.question("D9")
    picture_s, people, every_s = 4.0, 30, 180.0
    busy = busy_share(people, every_s, picture_s)
    assert round(busy, 2) == 0.67 and mean_wait_s(picture_s, busy) == pytest.approx(4.0)
    assert mean_wait_s(picture_s, busy_share(45, every_s, picture_s)) is None
    told = re.findall(r"\| (\d+)% \| (half a picture|one picture|four and a half pictures) \|", question.explanation)
    words = {"half a picture": 0.5, "one picture": 1.0, "four and a half pictures": 4.5}
    assert len(told) == 3
    for share, wait in told:
        assert mean_wait_s(1.0, int(share) / 100) == pytest.approx(words[wait], rel=0.02)
    assert f"{busy_share(people, every_s, 260):,.0%} and {busy:.0%}" in question.explanation
