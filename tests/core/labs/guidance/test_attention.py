"""Attention written out: rows of probabilities, the same picture, words of tokens."""

from typing import Any

import pytest
import torch

from core.labs.guidance import program
from core.labs.guidance.attention import AttentionWatch, unread, watched_attention, words_of
from tests.core.labs.guidance.conftest import PROMPT


def drawn(pipe: Any) -> torch.Tensor:
    return program.denoise(pipe, PROMPT, 7.5, 2, 64, 7)


def test_watching_the_attention_changes_no_picture(pipe: Any) -> None:
    before = pipe.unet.attn_processors
    with watched_attention(pipe.unet, 16) as watch:
        seen = drawn(pipe)
        assert watch.calls > 0
    assert pipe.unet.attn_processors == before
    torch.testing.assert_close(seen, drawn(pipe), rtol=0, atol=1e-4)


def test_at_every_place_the_shares_of_all_tokens_add_up_to_one(pipe: Any) -> None:
    with watched_attention(pipe.unet, 16) as watch:
        drawn(pipe)
    maps = watch.maps
    assert maps.shape == (pipe.tokenizer.model_max_length, 16, 16) and (maps >= 0).all()
    torch.testing.assert_close(maps.sum(dim=0), torch.ones(16, 16), rtol=0, atol=1e-4)
    layers = sum("attn2" in name for name in pipe.unet.attn_processors)
    assert watch.calls == layers * 3  # two steps are three evaluations


def test_of_two_texts_the_last_is_kept(pipe: Any) -> None:
    """The empty text stands first in a call; its attention is another one."""
    layer = next(part for name, part in pipe.unet.named_modules() if name.endswith("attn2"))
    picture = torch.randn(1, 16, layer.to_q.in_features)
    empty, text = (torch.randn(1, 48, layer.to_k.in_features) for _ in range(2))
    both, alone = AttentionWatch(4), AttentionWatch(4)
    with torch.inference_mode():
        out = both(layer, picture.repeat(2, 1, 1), torch.cat([empty, text]))
        single = alone(layer, picture, text)
    torch.testing.assert_close(both.maps, alone.maps)
    torch.testing.assert_close(out[1:], single)


def test_a_watch_that_saw_nothing_says_so() -> None:
    with pytest.raises(ValueError, match="no cross-attention"):
        _ = AttentionWatch(4).maps


def test_an_error_in_the_loop_takes_the_watch_off(pipe: Any) -> None:
    before = pipe.unet.attn_processors
    with pytest.raises(ZeroDivisionError), watched_attention(pipe.unet, 16):
        raise ZeroDivisionError
    assert pipe.unet.attn_processors == before


def test_tokens_are_joined_to_words_and_punctuation_is_none(pipe: Any) -> None:
    found = words_of(pipe.tokenizer, "A Sailing boat, unbelievably calm!")
    assert [word for word, _ in found] == ["A", "Sailing", "boat", "unbelievably", "calm"]
    assert [len(tokens) for _, tokens in found][:3] == [1, 1, 1] and len(found[3][1]) > 1
    positions = [position for _, tokens in found for position in tokens]
    assert positions == sorted(set(positions)) and positions[0] == 1
    assert words_of(pipe.tokenizer, " ,;") == []


def test_what_does_not_fit_into_the_text_encoder_is_told(pipe: Any) -> None:
    limit = pipe.tokenizer.model_max_length
    assert unread(pipe.tokenizer, PROMPT) == ""
    assert unread(pipe.tokenizer, " ".join(["boat"] * (limit - 2))) == ""
    long = " ".join(["boat"] * (limit - 2) + ["a", "Red", "house"])
    assert unread(pipe.tokenizer, long) == "a Red house"
    assert len(words_of(pipe.tokenizer, long)) == limit - 2
