"""Two pictures of the same size over each other: a line to draw across, or a heat map of where they differ.

The line is a component of our own, as Streamlit has none: it moves in the browser and asks the server for nothing.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from PIL import Image

from core.runs.heat_map import HeatMap, heat_map, scale
from core.units import significant
from ui.enlarged import enlarged

ASSETS = Path(__file__).parent / "assets"
WIDTH_PX = 512
LINE, HEAT = "Slider", "Where they differ"


@dataclass(frozen=True)
class Side:
    """One of the two: what it is called, and its PNG."""

    title: str
    png: bytes

    def scaled_to(self, other: "Side") -> "Side":
        """This one at the size of the other, and its title says so; itself where the sizes are the same."""
        picture, like = (Image.open(io.BytesIO(side.png)) for side in (self, other))
        if picture.size == like.size:
            return self
        small = picture.convert("RGB").resize(like.size, Image.Resampling.LANCZOS)
        return Side(f"{self.title}, scaled to {like.width} x {like.height}", _png(small))


def _asset(kind: str) -> str:
    return (ASSETS / f"before_after.{kind}").read_text()


_component = st.components.v2.component("before_after", html=_asset("html"), css=_asset("css"), js=_asset("js"))


def before_after(sides: Sequence[Side], key: str) -> None:
    """Draw two of the pictures, the first and the last to begin with; with more than two they can be chosen."""
    st.fragment(_before_after, key=f"{key}_before_after")(sides, key)


def _before_after(sides: Sequence[Side], key: str) -> None:
    first, second = sides if len(sides) == 2 else _chosen(sides, key)
    left, right = (Image.open(io.BytesIO(side.png)) for side in (first, second))
    if left.size != right.size:
        sizes = " and ".join(f"{picture.width} x {picture.height}" for picture in (left, right))
        st.caption(f"These pictures have {sizes} pixels; only two of the same size can be laid over each other.")
        return
    view = st.segmented_control(
        "View", [LINE, HEAT], default=LINE, required=True, key=f"{key}_view", label_visibility="collapsed"
    )
    with st.container(width=WIDTH_PX):
        if view == HEAT:
            _heat(heat_map(left, right))
        else:
            _component(key=f"{key}_line", data={"first": _sent(first), "second": _sent(second)})


def _chosen(sides: Sequence[Side], key: str) -> tuple[Side, Side]:
    with st.container(horizontal=True):
        left, right = (
            st.selectbox(label, range(len(sides)), index, lambda at: sides[at].title, key=f"{key}_{label}", width=240)
            for label, index in (("Left", 0), ("Right", len(sides) - 1))
        )
    return sides[left], sides[right]


def _heat(found: HeatMap) -> None:
    if not found.largest:
        st.info("The two pictures are the same, pixel by pixel.", icon=":material/equal:")
        return
    st.image(enlarged(_png(found.picture)), width="stretch", alt="Heat map of the difference")
    st.image(_png(scale(WIDTH_PX, 12)), width="stretch", alt="Scale of the heat map, from the same to most different")
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.caption("0: the same", width="content")
        st.caption(f"{found.largest} of 255: the largest difference", width="content")
    st.caption(
        f"Each pixel by the colour value that differs most. On average {significant(found.average)} of 255; "
        f"{found.same_share:.0%} of the pixels are exactly the same."
    )


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _sent(side: Side) -> dict[str, str]:
    return {"title": side.title, "url": f"data:image/png;base64,{base64.b64encode(side.png).decode()}"}
