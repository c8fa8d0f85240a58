"""One meaning per colour on every chart of the product, for light and dark.

measured: what the student measured · limit: what physics allows · quiet: cold repeat and reference. A prediction is
blue in the text. The values are those of `.streamlit/config.toml`.
"""

from typing import Literal

import streamlit as st

Meaning = Literal["measured", "limit", "quiet", "text"]

LIGHT: dict[Meaning, str] = {
    "measured": "#0f766e",
    "limit": "#c2570c",
    "quiet": "#9aa4a0",
    "text": "#1b2430",
}
DARK: dict[Meaning, str] = {
    "measured": "#2dd4bf",
    "limit": "#fb923c",
    "quiet": "#77828c",
    "text": "#e6e9ec",
}


def colour(meaning: Meaning) -> str:
    """The hex colour of `meaning` in the theme that this browser shows."""
    return (DARK if st.context.theme.type == "dark" else LIGHT)[meaning]
