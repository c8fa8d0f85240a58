"""Memories as gauges: each bar is one device's memory, with the lesson's models in it at their sizes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import streamlit as st

from core.measure.machine import Machine
from core.measure.published import PEAKS
from core.models.catalog import Model
from core.models.room import LESSON_MODELS, Filled, filled
from core.units import gib
from ui.colours import DARK, LIGHT, Meaning

CARDS = {"T4": "Tesla T4", "L4": "NVIDIA L4", "A100": "NVIDIA A100-SXM4-40GB", "H200": "NVIDIA H200"}
"""Cards that a course meets, as they are called and as their driver calls them."""
SHADES = (1.0, 0.35, 0.7, 0.5)
"""Opacities of neighbouring models, so that they can be told apart."""


@dataclass(frozen=True)
class Device:
    """A memory to draw; `own` where it is this machine's."""

    name: str
    memory_bytes: float
    own: bool = False


def devices(machine: Machine) -> tuple[Device, ...]:
    """This machine's memory, and those of well-known cards."""
    if machine.gpus:
        own = [Device(f"This machine: {gpu.name}", gpu.memory_bytes, own=True) for gpu in machine.gpus[:1]]
    else:
        own = [Device("This machine: main memory", machine.ram_bytes, own=True)]
    published = {name: PEAKS[driver].memory_bytes for name, driver in CARDS.items()}
    return (*own, *(Device(f"{name}, {size / 1e9:.0f} GB", size) for name, size in published.items()))


@st.fragment
def gauges(machine: Machine) -> None:
    """Draw them, with a switch for the precision."""
    dtype = st.segmented_control(
        "Precision of the weights", ["float16", "float32"], default="float16", required=True, key="gauges_dtype"
    )
    st.html(gauges_html(devices(machine), dtype, st.context.theme.type == "dark"))
    st.caption(
        "Computed, not measured: parameters × bytes per number, weights only. A run takes more. This machine's memory "
        "was read from the machine; those of the cards are from NVIDIA's data sheets, 1 GB = 10⁹ bytes."
    )


@lru_cache(maxsize=64)
def gauges_html(shown: Sequence[Device], dtype: str, dark: bool) -> str:
    """The models by size, then one bar for each device. The same for everybody who sees this theme."""
    colours = DARK if dark else LIGHT
    names = "".join(
        f'<span style="white-space:nowrap">{_swatch(number, colours)} {model.title} {gib(model.weights_bytes(dtype))}'
        "</span>"
        for number, model in enumerate(LESSON_MODELS)
    )
    rows = "".join(_gauge(device, filled(device.memory_bytes, dtype), dtype, colours) for device in shown)
    legend = f'<div style="display:flex;flex-wrap:wrap;gap:4px 18px;font-size:.875rem">{names}</div>'
    return f'<div style="color:{colours["text"]}">{legend}{rows}</div>'


def _swatch(number: int, colours: dict[Meaning, str]) -> str:
    style = f"width:12px;height:12px;border-radius:2px;background:{colours['predicted']};opacity:{SHADES[number]}"
    return f'<span style="display:inline-block;{style}"></span>'


def _gauge(device: Device, inside: Filled, dtype: str, colours: dict[Meaning, str]) -> str:
    """One device: its name and what is left, the bar, and who finds no room."""
    free = inside.memory_bytes - sum(model.weights_bytes(dtype) for model in inside.loaded)
    name = f"<b>{escape(device.name)}</b>" if device.own else escape(device.name)
    line = f"<span>{name}</span><span>{gib(free)} of {gib(inside.memory_bytes)} free</span>"
    parts = "".join(_part(model, inside, dtype, colours) for model in inside.loaded)
    edge = f"2px solid {colours['measured']}" if device.own else f"1px solid {colours['quiet']}"
    bar = f"display:flex;gap:1px;height:20px;margin-top:3px;overflow:hidden;border:{edge};border-radius:10px"
    spread = "display:flex;justify-content:space-between;flex-wrap:wrap;gap:0 12px;font-size:.875rem"
    return (
        f'<div style="margin-top:14px"><div style="{spread}">{line}</div>'
        f'<div role="img" aria-label="{_alt(device, inside)}" style="{bar}">{parts}</div>'
        f"{_left_out(inside, dtype, colours)}</div>"
    )


def _part(model: Model, inside: Filled, dtype: str, colours: dict[Meaning, str]) -> str:
    share = 100 * model.weights_bytes(dtype) / inside.memory_bytes
    style = f"width:{share:.2f}%;min-width:2px;background:{colours['predicted']}"
    return f'<span style="{style};opacity:{SHADES[LESSON_MODELS.index(model)]}"></span>'


def _left_out(inside: Filled, dtype: str, colours: dict[Meaning, str]) -> str:
    if not inside.left_out:
        return ""
    alone = [f"{model.title} ({gib(model.weights_bytes(dtype))})" for model in inside.left_out]
    return f'<div style="font-size:.875rem;color:{colours["limit"]}">No room left for {", ".join(alone)}</div>'


def _alt(device: Device, inside: Filled) -> str:
    loaded = ", ".join(model.title for model in inside.loaded) or "no model"
    missing = ", ".join(model.title for model in inside.left_out)
    return escape(f"{device.name} holds {loaded}" + (f"; no room left for {missing}" if missing else ""), quote=True)
