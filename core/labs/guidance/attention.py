"""Where in the picture each word acts: the cross-attention of the UNet written out and kept.

In a cross-attention layer every place of the picture asks (queries) and every token of the prompt answers (keys and
values). How much of each token's values a place takes is a row of probabilities that add up to 1. Stock PyTorch never
writes that table out; here it is, averaged over heads, layers and steps.

    with watched_attention(pipe.unet, side=64) as watch:
        latents = denoise(pipe, prompt)
    watch.maps      # [token, 64, 64], adding up to 1 at every place
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isqrt
from typing import Any

import torch
from torch.nn.functional import interpolate

CROSS = "attn2"
"""How diffusers calls the layers in which a picture reads a text."""


class AttentionWatch:
    """A processor of cross-attention, as diffusers calls it, that adds up what it sees.

    Args:
        side: height and width of the maps; layers work on smaller grids, which are enlarged.
    """

    def __init__(self, side: int) -> None:
        self.calls = 0
        self._side = side
        self._total: torch.Tensor | None = None

    @property
    def maps(self) -> torch.Tensor:
        """The mean over all calls so far, [token, side, side].

        Raises:
            ValueError: the UNet was not called.
        """
        if self._total is None:
            raise ValueError("no cross-attention was computed under this watch")
        return self._total / self.calls

    def __call__(
        self,
        layer: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """What the layer adds to the picture, [picture, place, channel]; text is [picture, token, channel]."""
        queries = layer.head_to_batch_dim(layer.to_q(hidden_states))
        keys = layer.head_to_batch_dim(layer.to_k(encoder_hidden_states))
        values = layer.head_to_batch_dim(layer.to_v(encoder_hidden_states))
        scores = (queries * layer.scale) @ keys.transpose(1, 2)
        probabilities = scores.float().softmax(dim=-1)  # [picture x head, place, token]
        self._keep(probabilities[-layer.heads :].mean(dim=0))  # of the last picture, the one with the prompt
        mixed = layer.batch_to_head_dim(probabilities.to(values.dtype) @ values)
        out: torch.Tensor = layer.to_out[0](mixed)  # the second is dropout, which only training uses
        return out

    def _keep(self, probabilities: torch.Tensor) -> None:
        """Add a table [place, token] of a square grid."""
        places, tokens = probabilities.shape
        grid = probabilities.T.reshape(1, tokens, isqrt(places), isqrt(places))
        size = (self._side, self._side)
        map_ = interpolate(grid, size=size, mode="bilinear", align_corners=False)[0].cpu()
        self._total = map_ if self._total is None else self._total + map_
        self.calls += 1


@contextmanager
def watched_attention(unet: Any, side: int) -> Iterator[AttentionWatch]:
    """Have every cross-attention layer of the UNet watched in the block, and as it was afterwards."""
    before, watch = unet.attn_processors, AttentionWatch(side)
    unet.set_attn_processor({name: watch if CROSS in name else kept for name, kept in before.items()})
    try:
        yield watch
    finally:
        unet.set_attn_processor(before)


def words_of(tokenizer: Any, prompt: str) -> list[tuple[str, list[int]]]:
    """The words of a prompt that the text encoder reads, in order, each with the positions of its tokens.

    Punctuation is no word. A tokenizer cuts rare words into several tokens.
    """
    found = tokenizer(prompt, truncation=True, max_length=tokenizer.model_max_length, return_offsets_mapping=True)
    places: dict[int, list[int]] = {}
    for position, word in enumerate(found.word_ids()):
        if word is not None:
            places.setdefault(word, []).append(position)
    spans = found["offset_mapping"]
    words = [(prompt[spans[each[0]][0] : spans[each[-1]][1]], each) for each in places.values()]
    return [(word, positions) for word, positions in words if any(map(str.isalnum, word))]


def unread(tokenizer: Any, prompt: str) -> str:
    """The end of a prompt that the text encoder does not get to see; empty where it reads everything."""
    found = tokenizer(prompt, return_offsets_mapping=True, verbose=False)
    last = tokenizer.model_max_length - 1  # there stands the mark of the end
    spans = found["offset_mapping"]
    return prompt[spans[last][0] :].strip() if len(spans) > tokenizer.model_max_length else ""
