"""Pictures of one run: all combinations of two settings as a table, with time and memory in each cell."""

import base64
from html import escape
from typing import Any

import streamlit as st

from core.runs.records import Record
from core.store.tables import Picture
from core.units import gib, seconds
from ui.colours import colour
from ui.enlarged import SINGLE_PX, enlarged, thumbnail
from ui.results.exports import png_button
from ui.results.readings import SHORT, changed

CELL_PX = 144
TILE_PX = 95
"""The least width of a picture: three stand beside each other in a column of a question's page, and on a phone."""


def picture_caption(picture: Picture) -> str:
    """What made this picture another than its neighbours, and how long it took."""
    details = picture.details
    swept = {name: details[name] for name in _swept(details) if details.get(name) is not None}
    if details.get("seed") is not None and "seed" not in swept:
        told = ", ".join(part for part in (changed(swept), f"seed {details['seed']}") if part)
    else:
        told = changed(swept)
    return f"{told}, {seconds(details['wall_s'])}" if details.get("wall_s") else told


def tile_caption(picture: Picture) -> str:
    """The same below a small picture: the seed only where it is what changes."""
    details = picture.details
    swept = {name: details[name] for name in _swept(details) if details.get(name) is not None}
    told = changed(swept or {name: details[name] for name in ("seed",) if details.get(name) is not None})
    return f"{told}, {seconds(details['wall_s'])}" if details.get("wall_s") else told


def picture_grid(made: list[Picture], record: Record, key: str) -> None:
    """The table, which scrolls sideways where it is too wide, and one picture of it to look at."""
    if not made:
        return
    st.html(grid_html(made, record["settings"]))
    at = st.selectbox(
        "Look at one",
        range(len(made)),
        format_func=lambda index: picture_caption(made[index]),
        key=f"{key}_looked_at",
    )
    caption = picture_caption(made[at])
    st.image(enlarged(made[at].png, SINGLE_PX), width="content", alt=f"Generated picture, {caption}")
    png_button(made[at], key)


def grid_html(made: list[Picture], settings: Record) -> str:
    """Rows of the first setting, columns of the second; cells that were not drawn before a cancel stay empty."""
    names = _swept(settings)
    rows, columns = (settings[f"{sweep}_values"] for sweep in ("sweep", "second_sweep"))
    cells = {picture.index: _cell(picture) for picture in made}
    head = "".join(f'<th scope="col">{_named(names[1], value)}</th>' for value in columns)
    body = "".join(
        f'<tr><th scope="row" style="text-align:right">{_named(names[0], value)}</th>'
        + "".join(cells.get(row * len(columns) + column, "<td></td>") for column in range(len(columns)))
        + "</tr>"
        for row, value in enumerate(rows)
    )
    style = "border-spacing:6px;border-collapse:separate;font-size:.85rem"
    return (
        f'<div style="overflow-x:auto" tabindex="0" role="region" aria-label="Grid of pictures">'
        f'<table style="{style}"><tr><td></td>{head}</tr>{body}</table></div>'
    )


def grid_sentence(record: Record) -> str:
    """How far the times of the cells are apart."""
    by_time = sorted(record["repeats"], key=lambda repeat: repeat["wall_s"])
    fast, slow = by_time[0], by_time[-1]
    return (
        f"{len(by_time)} pictures: from {seconds(fast['wall_s'])} with {changed(fast['settings'])} to "
        f"{seconds(slow['wall_s'])} with {changed(slow['settings'])}."
    )


def _swept(settings: dict[str, Any]) -> list[str]:
    return [settings[sweep] for sweep in ("sweep", "second_sweep") if settings.get(sweep)]


def _named(name: str, value: float) -> str:
    return f'<span style="white-space:nowrap">{escape(SHORT[name].format(f"{value:g}"))}</span>'


def _cell(picture: Picture) -> str:
    details = picture.details
    peak = details.get("peak_allocated_bytes", details.get("peak_process_rss_bytes"))
    told = [seconds(details["wall_s"]), "" if peak is None else gib(peak)]
    url = f"data:image/webp;base64,{base64.b64encode(thumbnail(picture.png, CELL_PX)).decode()}"
    alt = escape(f"Generated picture, {picture_caption(picture)}")
    return (
        f'<td style="vertical-align:top"><img src="{url}" alt="{alt}" width="{CELL_PX}" '
        f'style="border-radius:4px;display:block"><span style="color:{colour("caption")};white-space:nowrap">'
        f"{escape(' · '.join(part for part in told if part))}</span></td>"
    )
