"""The networks inside the models of a run, as a table."""

import streamlit as st

from core.runs.records import Record
from core.units import count, gib


def networks(models: list[Record]) -> None:
    """Model, network, parameters and bytes in memory; nothing where no model was counted."""
    rows = [
        f"| {model['title']} | {part['title']} | {count(part['parameters'])} | {gib(part['bytes'])} |"
        for model in models
        for part in model["components"]
    ]
    if rows:
        st.markdown("\n".join(["| model | network | parameters | weights |", "|:--|:--|--:|--:|", *rows]))
