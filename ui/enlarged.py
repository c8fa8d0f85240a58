"""Small pictures at a size that can be looked at. Only the screen gets these; downloads are the real files.

A browser that stretches a picture of 128 pixels over a column makes a blur of it. Here every pixel becomes a square, so
that one sees what the model drew, and how little of it there is.
"""

import io

import streamlit as st
from PIL import Image

SMALL_PX = 256
"""Pictures whose longer side is below this are enlarged."""
ENLARGED_PX = 512
SINGLE_PX = 256
"""Of a small picture that stands alone: it is shown at its own width, or that of a phone."""


def enlarged(data: bytes, side: int = ENLARGED_PX) -> bytes:
    """The picture itself, or where it is small an enlarged one whose longer side has at least `side` pixels, as PNG."""
    with Image.open(io.BytesIO(data)) as picture:
        if max(picture.size) >= SMALL_PX:
            return data
        factor = -(-side // max(picture.size))
        out = io.BytesIO()
        picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


@st.cache_data(max_entries=2000, show_spinner=False)
def thumbnail(data: bytes, side: int) -> bytes:
    """The picture as a WebP of a few kilobytes whose longer side has at most `side` pixels, a small one enlarged."""
    with Image.open(io.BytesIO(enlarged(data, side))) as picture:
        small = picture.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=85)
    return out.getvalue()


def size_note(data: bytes, what: str) -> None:
    """Say how small a picture really is, where it is shown enlarged; `what` begins the sentence."""
    with Image.open(io.BytesIO(data)) as picture:
        size = picture.size
    if max(size) < SMALL_PX:
        st.caption(f"{what} {size[0]} x {size[1]} pixels, shown enlarged.")
