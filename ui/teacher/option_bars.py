"""How many chose each option: a bar and its number in one line, for the teacher and for the room."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ui.colours import Meaning, colour

HIDDEN = "hidden"


@dataclass(frozen=True)
class Bar:
    """How many of `people` chose something; None is hidden."""

    name: str
    count: int | None
    people: int | None
    meaning: Meaning


def option_bars(bars: Sequence[Bar], height_rem: float = 1.2) -> None:
    """Draw bars one below the other, each as long as its share."""
    st.html(bars_html(bars, height_rem))


def bars_html(bars: Sequence[Bar], height_rem: float = 1.2) -> str:
    """The bars. They hold numbers and fixed words alone, nothing that somebody wrote."""
    return "".join(_bar(bar, height_rem) for bar in bars)


def _bar(bar: Bar, height_rem: float) -> str:
    share = 0.0 if not bar.count or not bar.people else bar.count / bar.people
    told = HIDDEN if bar.count is None else f"{bar.count}"
    percent = "" if bar.count is None or not bar.people else f" · {100 * share:.0f} %"
    track = f"flex:1;height:{height_rem}rem;border-radius:3px;background:{_track(bar)}"
    fill = f"width:{100 * share:.1f}%;height:100%;border-radius:3px;background:{colour(bar.meaning)}"
    return (
        f'<div style="display:flex;gap:.8rem;align-items:center;margin:.15rem 0">'
        f'<span style="width:5.2em;flex:none">{bar.name}</span>'
        f'<span aria-hidden="true" style="{track}"><span style="display:block;{fill}"></span></span>'
        f'<span style="width:6em;flex:none;font-variant-numeric:tabular-nums">{told}{percent}</span></div>'
    )


def _track(bar: Bar) -> str:
    """A hidden count has a striped track, so that it is not taken for none."""
    if bar.count is not None:
        return f"{colour('quiet')}26"
    return f"repeating-linear-gradient(135deg,{colour('quiet')}40 0 4px,transparent 4px 10px)"
