"""How a prompt was cut into tokens, as boxes: what is read, the marks, the filled up places, and what is lost."""

from html import escape
from pathlib import Path

import streamlit as st

from core.runs.records import Record

STYLE = Path(__file__).parents[1] / "assets" / "tokens.css"
MOST_LOST = 40
"""Boxes of what was not read; more are counted."""
OWN = {
    "embedded": "The small twin has a tokenizer of its own with {limit} places: a word that it knows is one token, "
    "others fall into pieces. The real model's has 77.",
    "dummy": "Cut by a tokenizer of the real size, 49,408 tokens and {limit} places, whose vocabulary is ours: counts "
    "are close to the real model's for common words, pieces and numbers are not its own.",
    "hub": "The model's own tokenizer, with {limit} places.",
}
TITLES = {"prompt": "Prompt", "negative_prompt": "Negative prompt"}


def token_view(tokens: Record, source: str) -> None:
    """Both texts with their tokens; a text that is empty is left to the prompt's sentence.

    Args:
        tokens: `outputs.prompt_craft.tokens` of a record.
        source: whose tokenizer it was.
    """
    st.html(STYLE)
    for name, title in TITLES.items():
        table = tokens[name]
        if name == "prompt" or table["count"] > 2:
            st.markdown(f"**{title}: {token_sentence(table)}**")
            st.html(boxes(table))
    st.caption(
        f"{OWN[source].format(limit=tokens['prompt']['limit'])} Small numbers are the tokens' ids. Both texts have "
        "places of their own; each begins and ends with a mark, and what is left is filled up."
    )


def token_sentence(table: Record) -> str:
    """How many of the places are taken, and what finds none."""
    lost = table["count"] - table["limit"]
    if lost > 0:
        return f"{table['count']} tokens for {table['limit']} places, so {lost} {'is' if lost == 1 else 'are'} lost"
    if table["count"] == 2:
        return f"no words, so only the two marks take 2 of {table['limit']} places"
    return f"{table['read']} of {table['limit']} places are taken"


def boxes(table: Record) -> str:
    """The tokens as a list in HTML, everything that somebody wrote escaped."""
    pieces = table["pieces"]
    kept = [piece for piece in pieces if piece["is_read"]]
    lost = [piece for piece in pieces if not piece["is_read"]]
    # The end's mark stands where the encoder finds it: behind the last token that is read.
    items = _items(kept[:-1]) + _items(kept[-1:])
    if table["padding"]:
        items.append(_box("rest first last", f"{table['padding']} × filled up", str(table["padding_id"])))
    items += _items(lost[:MOST_LOST])
    if more := len(lost) - len(lost[:MOST_LOST]) + table["unlisted"]:
        items.append(_box("rest first last", f"and {more} more", "not read"))
    label = escape(f"Tokens: {token_sentence(table)}")
    return f'<ol class="tokens" aria-label="{label}">{"".join(items)}</ol>'


def _items(pieces: list[Record]) -> list[str]:
    items, is_first = [], True
    for at, piece in enumerate(pieces):
        is_last = piece["is_mark"] or piece["ends_word"] or at + 1 == len(pieces)
        kind = "mark" if piece["is_mark"] else "" if piece["is_read"] else "lost"
        names = [kind, "first" if is_first else "", "last" if is_last else ""]
        items.append(_box(" ".join(filter(None, names)), _text(piece), str(piece["id"])))
        is_first = is_last
    return items


def _text(piece: Record) -> str:
    if not piece["is_mark"]:
        return str(piece["text"]) or "·"
    return "begin" if "start" in piece["text"] else "end"


def _box(names: str, text: str, below: str) -> str:
    tag = "s" if "lost" in names.split() else "span"
    inner = f"<{tag}>{escape(text)}</{tag}>" if tag == "span" else f"<span><s>{escape(text)}</s></span>"
    return f'<li class="{names}">{inner}<small>{escape(below)}</small></li>'
