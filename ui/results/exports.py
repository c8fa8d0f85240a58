"""A run to take away: the whole record, its repeats as a table, a notebook whose cell repeats it, and its pictures."""

import json

import streamlit as st

from core.runs.exports import notebook, repeats_csv
from core.runs.records import Record
from core.runs.registry import LABS
from core.store.tables import Picture
from core.units import gb


def exports(record: Record, key: str) -> None:
    """Three download buttons in a row."""
    lab = LABS[record["lab"]]
    files = [
        (
            "JSON",
            "json",
            "application/json",
            lambda: json.dumps(record, indent=1),
            "The whole record, every raw value.",
        ),
        ("CSV", "csv", "text/csv", lambda: repeats_csv(record), "One line per repeat."),
        (
            "Notebook",
            "ipynb",
            "application/x-ipynb+json",
            lambda: notebook(lab, record),
            "A cell that repeats this run.",
        ),
    ]
    for label, ending, mime, content, told in files:
        st.download_button(
            label,
            content,
            file_name=f"vram-lab-run-{record['id']}.{ending}",
            mime=mime,
            icon=":material/download:",
            key=f"{key}_{ending}",
            type="tertiary",
            on_click="ignore",
            help=told,
        )


def png_button(picture: Picture, key: str, label: str = "PNG") -> None:
    """Take the file away."""
    st.download_button(
        label,
        picture.png,
        file_name=f"vram-lab-{picture.run_id[:8]}-{picture.index}.png",
        mime="image/png",
        icon=":material/download:",
        type="tertiary",
        key=f"{key}_png_{picture.index}",
        on_click="ignore",
        help="The settings are inside the file, as PNG text.",
    )


def weights_button(file: Picture, key: str) -> None:
    """Take a small file of weights away that the run left."""
    st.download_button(
        str(file.details["title"]),
        file.png,
        file_name=str(file.details["file"]),
        mime="application/octet-stream",
        icon=":material/download:",
        type="tertiary",
        key=f"{key}_weights_{file.index}",
        on_click="ignore",
        help=f"{gb(len(file.png))}. {file.details['told']}",
    )
