"""One meaning per colour on every chart of the product, for light and dark.

measured: what the student measured · limit: what physics allows · predicted: computed or guessed before · quiet: cold
repeat, reference and what is unexplained · caption: small print · paper: the page itself. The values are those of
`.streamlit/config.toml`.
"""

from typing import Literal

import streamlit as st

Meaning = Literal["measured", "limit", "predicted", "quiet", "text", "caption", "paper"]

LIGHT: dict[Meaning, str] = {
    "measured": "#0f766e",
    "limit": "#c2570c",
    "predicted": "#3f5fbf",
    "quiet": "#9aa4a0",
    "text": "#0c1116",
    "caption": "#6b7280",
    "paper": "#fcfcfa",
}
DARK: dict[Meaning, str] = {
    "measured": "#2dd4bf",
    "limit": "#fb923c",
    "predicted": "#8ea8ff",
    "quiet": "#77828c",
    "text": "#e6e9ec",
    "caption": "#9aa4af",
    "paper": "#0f1317",
}


def colour(meaning: Meaning) -> str:
    """The hex colour of `meaning` in the theme that this browser shows."""
    return (DARK if st.context.theme.type == "dark" else LIGHT)[meaning]
