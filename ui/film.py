"""Frames as a picture that moves, and a slider for those who would rather look at one frame after the other."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from PIL import Image

from ui.enlarged import enlarged

FRAME_MS = 180
LAST_MS = 700
"""The last frame stands longer, so that one sees where the film begins again."""
MOVES = "Let it move"


@dataclass(frozen=True)
class Film:
    """Frames of the same size as PNG, and what is written below; `alt` says what is to be seen."""

    frames: tuple[bytes, ...]
    caption: str
    alt: str


def films(shown: Sequence[Film], key: str) -> None:
    """Draw films of the same length beside each other, moving or at one frame."""
    st.fragment(_films, key=f"{key}_films")(shown, key)


def _films(shown: Sequence[Film], key: str) -> None:
    count = min(len(film.frames) for film in shown)
    is_moving = st.toggle(MOVES, value=True, key=f"{key}_moves") if count > 1 else False
    at = 1
    if count > 1 and not is_moving:
        at = st.slider("Frame", 1, count, 1, key=f"{key}_frame")
    with st.grid(2, min_column_width=150, gap="small"):
        for film in shown:
            data = moving(film.frames) if is_moving else enlarged(film.frames[at - 1])
            alt = f"{film.alt}, {count} frames, moving" if is_moving else f"{film.alt}, frame {at} of {count}"
            st.image(data, caption=film.caption, width="stretch", alt=alt)


@st.cache_data(max_entries=50, show_spinner=False)
def moving(frames: Sequence[bytes]) -> bytes:
    """An animated PNG that goes on and on; small frames are enlarged."""
    pictures = [Image.open(io.BytesIO(enlarged(frame))).convert("RGB") for frame in frames]
    out = io.BytesIO()
    times = [FRAME_MS] * (len(pictures) - 1) + [LAST_MS]
    pictures[0].save(out, "PNG", save_all=True, append_images=pictures[1:], duration=times, loop=0)
    return out.getvalue()
