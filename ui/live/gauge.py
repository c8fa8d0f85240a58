"""The memory of the run's device as a gauge that fills: in use before, weights, their company, the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from core.units import gib
from ui.colours import Meaning, colour
from ui.results.readings import METERS

ROOMY = 0.85
"""A gauge is magnified as long as what is in use takes no more of it."""
SHADES = (1.0, 0.5)
"""Opacities of the computed parts, the weights first."""
REST_SHADE = 0.25
CELLS = 5
"""Places of the legend, all there from the start, so that nothing below it moves."""


@dataclass(frozen=True)
class Filling:
    """One part of what is in use, in bytes."""

    name: str
    bytes: float
    meaning: Meaning = "measured"
    shade: float = 1.0


def gauge(memory: Mapping[str, Any]) -> str:
    """The gauge as HTML, at the latest reading; before the first its name and its room.

    Args:
        memory: as `core.measure.progress` tells it.
    """
    if memory.get("now") is None:
        return _frame("Memory", "not read yet", _line("") * 3, [])
    parts, mark, device = fillings(memory), expected_bytes(memory), float(memory["device"])
    times = magnification(max(memory["now"], mark or 0) / device)
    if times > 1:
        bars = _bar(parts, device, mark, 12) + _wedge(times) + _bar(parts, device / times, mark, 24)
    else:
        bars = _line("") + _bar(parts, device, mark, 36)
    computed = [f"{_rule()} computed {gib(mark)}"] if mark else []
    title, told = METERS[memory["meter"]], f"<b>{gib(memory['now'])}</b> of {gib(device)}"
    return _frame(title, told, bars, [*map(_named, parts), *computed])


def fillings(memory: Mapping[str, Any]) -> tuple[Filling, ...]:
    """What is in use, part by part; together they are the reading. The computed parts fill up one after the other."""
    now, before = float(memory["now"]), memory.get("before")
    parts = [] if before is None else [Filling("before this run", min(before, now), "quiet")]
    left = now - sum(part.bytes for part in parts)
    computed: Sequence[tuple[str, float]] = memory.get("computed") or ()
    for (name, size), shade in zip(computed, SHADES, strict=False):
        parts.append(Filling(name, min(size, left), shade=shade))
        left -= parts[-1].bytes
    rest = "rest" if computed else "since then" if parts else "program, model"
    return *parts, Filling(rest, left, shade=REST_SHADE if computed else 1.0)


def expected_bytes(memory: Mapping[str, Any]) -> float | None:
    """Where the meter should come to by what was computed; None where that or the beginning is not known."""
    before, computed = memory.get("before"), memory.get("computed")
    return None if before is None or not computed else float(before + sum(size for _, size in computed))


def magnification(share: float) -> int:
    """How many times the gauge of a device that is used so little is drawn magnified, a power of two.

    >>> magnification(0.6), magnification(0.1), magnification(0.02)
    (1, 8, 32)
    """
    times = 1
    while 2 * times * share <= ROOMY and times < 1024:
        times *= 2
    return times


def _frame(title: str, told: str, bars: str, legend: Sequence[str]) -> str:
    grid = "display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:0 14px;margin-top:4px"
    cells = [*legend, *["&nbsp;"] * (CELLS - len(legend))]
    named = "".join(f'<span style="white-space:nowrap">{cell}</span>' for cell in cells)
    return (
        '<div><div style="display:flex;justify-content:space-between;gap:12px;white-space:nowrap">'
        f"<b>{title}</b><span>{told}</span></div>{bars}"
        f'<div style="{grid};font-size:.8rem;color:{colour("caption")}">{named}</div></div>'
    )


def _bar(parts: Sequence[Filling], total: float, mark: float | None, height_px: int) -> str:
    inside = "".join(_part(part, total) for part in parts)
    place = f"position:absolute;top:0;bottom:0;left:{100 * (mark or 0) / total:.2f}%;width:3px;margin-left:-1px"
    line = f'<span style="{place};background:{colour("predicted")}"></span>' if mark else ""
    edge = f"border:1px solid {colour('quiet')};border-radius:4px;overflow:hidden"
    alt = escape("Memory in use: " + ", ".join(f"{p.name} {gib(p.bytes)}" for p in parts))
    return (
        f'<div role="img" aria-label="{alt}" style="position:relative;display:flex;height:{height_px}px;{edge}">'
        f"{inside}{line}</div>"
    )


def _part(part: Filling, total: float) -> str:
    style = f"width:{100 * part.bytes / total:.3f}%;background:{colour(part.meaning)};opacity:{part.shade}"
    return f'<span style="flex:none;{style}"></span>'


def _wedge(times: int) -> str:
    """From the part of the bar above that the bar below shows, to its full width."""
    shape = f"clip-path:polygon(0 0,{100 / times:.3f}% 0,100% 100%,0 100%);background:{colour('quiet')};opacity:.25"
    small = f"position:absolute;right:2px;top:-1px;font-size:.75rem;color:{colour('caption')}"
    told = f'<span style="{small}">below, {times} times as large</span>'
    return _line(f'<div style="height:18px;{shape}"></div>{told}')


def _line(inside: str) -> str:
    return f'<div style="position:relative;height:18px">{inside}</div>'


def _named(part: Filling) -> str:
    box = f"display:inline-block;width:10px;height:10px;border-radius:2px;background:{colour(part.meaning)}"
    return f'<span style="{box};opacity:{part.shade}"></span> {escape(part.name)} {gib(part.bytes)}'


def _rule() -> str:
    box = f"display:inline-block;width:3px;height:11px;background:{colour('predicted')}"
    return f'<span style="{box}"></span>'
