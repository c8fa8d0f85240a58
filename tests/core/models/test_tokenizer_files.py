import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, CLIPTokenizer

from core.labs.inpainting.settings import Settings as Inpainting
from core.labs.text_generation.settings import Settings as TextGeneration
from core.labs.text_to_image.settings import Settings as TextToImage
from core.models.catalog import CONFIGS
from core.models.tokenizer_files import write_clip_tokenizer, write_qwen_tokenizer

STORY = str(TextGeneration.model_fields["prompt"].default)


@pytest.fixture(scope="module", params=[151_643, 1024], ids=["real size", "twin"])
def qwen(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("qwen")
    shutil.copy(CONFIGS / "qwen3-0.6b" / "config.json", folder)
    write_qwen_tokenizer(folder, request.param)
    return AutoTokenizer.from_pretrained(folder), request.param


@pytest.fixture(scope="module", params=[49_408, 1024], ids=["real size", "twin"])
def clip(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    write_clip_tokenizer(folder, request.param)
    return CLIPTokenizer.from_pretrained(folder), request.param


def test_the_lessons_story_begins_with_13_tokens(qwen):
    tokenizer, _ = qwen
    assert len(tokenizer(STORY).input_ids) == 13


def test_qwen_has_26_special_tokens_behind_its_vocabulary(qwen):
    tokenizer, size = qwen
    assert len(tokenizer) == size + 26
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id) == (size, size + 2)
    assert tokenizer.convert_ids_to_tokens(size + 25) == "</think>"


@settings(max_examples=50, deadline=None)
@given(text=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Mn"]), max_size=60))
def test_any_text_comes_back_from_its_tokens(qwen, text):
    import unicodedata

    tokenizer, _ = qwen
    assert tokenizer.decode(tokenizer(text).input_ids) == unicodedata.normalize("NFC", text)


def test_clip_puts_a_text_between_its_last_two_tokens(clip):
    tokenizer, size = clip
    ids = tokenizer("A futuristic city skyline at sunset, digital art").input_ids
    assert (ids[0], ids[-1], len(ids)) == (size - 2, size - 1, 11)
    assert (len(tokenizer), tokenizer.model_max_length) == (size, 77)


@pytest.mark.parametrize("prompt", [Inpainting().prompt, Inpainting().negative_prompt, TextToImage().prompt, ""])
def test_the_lessons_prompts_fit_into_clip(clip, prompt):
    tokenizer, _ = clip
    ids = tokenizer(prompt, padding="max_length", truncation=False).input_ids
    assert len(ids) == 77


def test_clip_takes_any_text(clip):
    tokenizer, size = clip
    ids = tokenizer("Zażółć 你好 🙂 3.14", padding="max_length", truncation=True).input_ids
    assert len(ids) == 77
    assert all(0 <= token < size for token in ids)


def test_the_same_files_are_written_every_time(tmp_path):
    for name in "ab":
        write_clip_tokenizer(tmp_path / name, 1024)
    for file in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
