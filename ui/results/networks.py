"""The networks inside the models of a run, as a table."""

import streamlit as st

from core.runs.records import Record
from core.units import count, gib

NO_BREAK = "\N{NO-BREAK SPACE}"


def networks(models: list[Record]) -> None:
    """Model, network, parameters and bytes in memory; nothing where no model was counted."""
    rows = [
        f"| {_named(model, part)} | {count(part['parameters'])} | {gib(part['bytes']).replace(' ', NO_BREAK)} |"
        for model in models
        for part in model["components"]
    ]
    if rows:
        st.markdown("\n".join(["| network | parameters | weights |", "|:--|--:|--:|", *rows]))


def _named(model: Record, part: Record) -> str:
    """The network, behind its model where that is the first of its networks."""
    return f"**{model['title']}**: {part['title']}" if part is model["components"][0] else str(part["title"])
