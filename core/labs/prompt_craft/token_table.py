"""How a text is cut into tokens, as plain data for the page: every piece with its id, and which of them are read."""

from typing import Any

from core.labs.prompt_craft import program

END_OF_WORD = "</w>"
MOST_KEPT = 400
"""Pieces of a longer text are counted and not listed."""


def token_table(tokenizer: Any, text: str) -> dict[str, Any]:
    """The tokens of a text.

    Returns:
        limit: how many places the text encoder has. count: tokens of the text with both marks; so many would be needed.
        read: how many of the places hold marks or text. padding: how many are filled up. padding_id: with which token.
        pieces: id, text, is_mark and is_read of the first MOST_KEPT tokens; the end's mark is read wherever the cut is.
        unlisted: how many more there are.
    """
    found, limit = program.tokens(tokenizer, text), int(tokenizer.model_max_length)
    spans = tokenizer(text, verbose=False, return_offsets_mapping=True).offset_mapping
    last, marks = len(found) - 1, set(tokenizer.all_special_ids)
    pieces = [
        {
            "id": int(number),
            "text": piece if number in marks else text[slice(*span)] or piece.removesuffix(END_OF_WORD),
            "is_mark": number in marks,
            "is_read": at < limit - 1 or at == last,
            "ends_word": piece.endswith(END_OF_WORD),
        }
        for at, ((number, piece), span) in enumerate(zip(found, spans, strict=True))
    ]
    read = min(len(found), limit)
    return {
        "limit": limit,
        "count": len(found),
        "read": read,
        "padding": limit - read,
        "padding_id": int(tokenizer.pad_token_id),
        "pieces": [*pieces[:MOST_KEPT], *(pieces[-1:] if len(pieces) > MOST_KEPT else [])],
        "unlisted": max(0, len(pieces) - MOST_KEPT - 1),
    }
