"""The figures above the charts: a grid that keeps two per row on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Figure:
    """One measured value; `missing` says why there is none."""

    label: str
    value: str | None
    help: str | None = None
    missing: str | None = None


def figures(items: Sequence[Figure]) -> None:
    """Draw them side by side; a figure that could not be had shows a dash and its reason."""
    if not items:
        return
    with st.grid(len(items), min_column_width=150, gap="xsmall"):
        for item in items:
            reason = item.missing or "Not measured in this run."
            st.metric(item.label, item.value or "–", help=item.help if item.value else reason)
