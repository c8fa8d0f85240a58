"""The speed of a run as a line over its steps, below the dashed limit, with a dot where a repeat has ended."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from math import ceil, log10
from typing import Any

from core.units import count, significant
from ui.colours import colour

PLOT_PX = 150
HEIGHT_PX = PLOT_PX + 54
NICE = (1, 1.5, 2, 3, 4, 5, 7.5, 10)
"""Where an axis ends, times a power of ten: it seldom moves while the line grows."""
ROOM = 1.1
Point = tuple[int, float | None]


def rate_line(now: Mapping[str, Any], counted: str) -> str:
    """The line as HTML; an empty frame before the first rate.

    Args:
        now: a job's progress.
        counted: what the steps are, in the plural.
    """
    points, dots, limit = now.get("rates") or [], now.get("repeat_rates") or [], now.get("limit_per_s")
    rates = [rate for _, rate in [*points, *dots] if rate is not None]
    steps, top = max(now.get("steps") or 1, 1), axis_end(max([*rates, limit or 0]))
    drawn = _grid() + "".join(_path(part, steps, top) for part in segments(points)) + _limit(limit, top)
    marks = "".join(_dot(step, rate, steps, top) for step, rate in dots) + _limit_text(limit, top)
    return _frame(counted, _latest(points or dots), drawn, marks if rates else marks + _waiting(), top, steps)


def segments(points: Iterable[Point]) -> list[list[tuple[int, float]]]:
    """The parts of a line that is broken where a rate is None."""
    parts = [list(part) for _, part in groupby(points, lambda point: point[1] is None)]
    return [found for part in parts if (found := [(step, rate) for step, rate in part if rate is not None])]


def axis_end(highest: float) -> float:
    """A round number with some room above `highest`.

    >>> axis_end(14.2), axis_end(0.19), axis_end(96)
    (20.0, 0.3, 150.0)
    """
    wanted = highest * ROOM or 1
    power = 10.0 ** (ceil(log10(wanted)) - 1)
    return round(next(nice for nice in NICE if nice * power >= wanted * (1 - 1e-9)) * power, 9)


def _frame(counted: str, told: str, drawn: str, marks: str, top: float, steps: int) -> str:
    small = f"font-size:.75rem;color:{colour('caption')}"
    spread = "display:flex;justify-content:space-between;gap:12px"
    return (
        f'<div style="height:{HEIGHT_PX}px;overflow:hidden">'
        f'<div style="{spread}"><b>Speed, {escape(counted)} per second</b><span>{told}</span></div>'
        f'<div style="position:relative;height:{PLOT_PX}px">'
        f'<svg width="100%" height="{PLOT_PX}" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        f"{drawn}</svg>"
        f'<span style="position:absolute;left:2px;top:0;{small}">{significant(top, 2)}</span>{marks}</div>'
        f'<div style="{spread};{small}"><span>0</span><span>{count(steps)} {escape(counted)}</span></div></div>'
    )


def _latest(points: Sequence[Point]) -> str:
    rates = [rate for _, rate in points if rate is not None]
    return f"<b>{significant(rates[-1])}</b> now" if rates else ""


def _grid() -> str:
    style = f'stroke="{colour("quiet")}" vector-effect="non-scaling-stroke"'
    lines = [(0, 0.3), (50, 0.3), (100, 1)]
    return "".join(f'<line x1="0" x2="100" y1="{y}" y2="{y}" {style} opacity="{shade}"/>' for y, shade in lines)


def _path(part: Sequence[tuple[int, float]], steps: int, top: float) -> str:
    style = f'fill="none" stroke="{colour("measured")}" stroke-width="2" vector-effect="non-scaling-stroke"'
    places = (f"{100 * step / steps:.2f},{100 - 100 * rate / top:.2f}" for step, rate in part)
    return f'<polyline points="{" ".join(places)}" {style}/>'


def _limit(limit: float | None, top: float) -> str:
    if not limit:
        return ""
    y = 100 - 100 * limit / top
    style = f'stroke="{colour("limit")}" stroke-width="2" stroke-dasharray="5 3" vector-effect="non-scaling-stroke"'
    return f'<line x1="0" x2="100" y1="{y:.2f}" y2="{y:.2f}" {style}/>'


def _limit_text(limit: float | None, top: float) -> str:
    if not limit:
        return ""
    place = f"position:absolute;right:2px;bottom:{100 * limit / top:.2f}%;font-size:.8rem"
    return f'<span style="{place};color:{colour("limit")}">limit of this device: {significant(limit)}</span>'


def _dot(step: float, rate: float | None, steps: int, top: float) -> str:
    if rate is None:
        return ""
    place = f"position:absolute;left:{100 * step / steps:.2f}%;bottom:{100 * rate / top:.2f}%"
    look = f"width:10px;height:10px;margin:0 0 -5px -7px;border-radius:5px;background:{colour('measured')}"
    return f'<span style="{place};{look};border:1px solid {colour("paper")}"></span>'


def _waiting() -> str:
    place = "position:absolute;inset:0;display:flex;align-items:center;justify-content:center;text-align:center"
    return f'<span style="{place};color:{colour("caption")}">Drawn from the second step on.</span>'
