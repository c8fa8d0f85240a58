"""One meaning per colour on every chart of the product, for light and dark.

measured: what the student measured · limit: the physical bound · predicted: before the run · quiet: cold repeat,
reference, unexplained. The values are those of `.streamlit/config.toml`.
"""

from typing import Literal

import streamlit as st

Meaning = Literal["measured", "limit", "predicted", "quiet", "text"]

LIGHT: dict[Meaning, str] = {
    "measured": "#0f766e",
    "limit": "#c2570c",
    "predicted": "#3f5fbf",
    "quiet": "#9aa4a0",
    "text": "#1b2430",
}
DARK: dict[Meaning, str] = {
    "measured": "#2dd4bf",
    "limit": "#fb923c",
    "predicted": "#8ea8ff",
    "quiet": "#77828c",
    "text": "#e6e9ec",
}


def colour(meaning: Meaning) -> str:
    """The hex colour of `meaning` in the theme that this browser shows."""
    return (DARK if st.context.theme.type == "dark" else LIGHT)[meaning]
