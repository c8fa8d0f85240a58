"""The speed of a run as a line over its steps, below the dashed limit, with a dot where a repeat has ended.

The page takes no SVG, so the line is a narrow area that is cut out of a rectangle.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from math import ceil, log10
from typing import Any

from core.units import count, significant
from ui.colours import Meaning, colour

AROUND_PX = 42
"""Title and axis."""
NICE = (1, 1.5, 2, 3, 4, 5, 7.5, 10)
"""Where an axis ends, times a power of ten: it seldom moves while the line grows."""
ROOM = 1.1
Point = tuple[int, float | None]
Place = tuple[float, float]
"""Percent from the left and from the top."""


def rate_line(now: Mapping[str, Any], counted: str, height_px: int) -> str:
    """The line as HTML; before the first rate its name, its room and a sentence.

    Args:
        now: a job's progress.
        counted: what the steps are, in the plural.
    """
    points, dots, limit = now.get("rates") or [], now.get("repeat_rates") or [], now.get("limit_per_s")
    rates = [rate for _, rate in [*points, *dots] if rate is not None]
    steps, top = now.get("rated_steps") or 0, axis_end(max([*rates, limit or 0]))
    drawn = []
    if rates:
        drawn += [rule(share, "quiet", "1px solid", 1 if share == 100 else 0.3) for share in (0, 50, 100)]
        drawn += [_limit(limit, top)] if limit else []
        drawn += [stroke([_place(*point, steps, top) for point in part]) for part in segments(points)]
        drawn += [_dot(*_place(step, rate, steps, top)) for step, rate in dots]
        drawn.append(text_at(significant(top, 2), "left:2px;top:0"))
    else:
        drawn.append(text_at("Drawn from the second step on.", "left:0;top:0"))
    latest = next((rate for _, rate in reversed(points or dots) if rate is not None), None)
    return _frame(counted, latest, "".join(drawn), steps, height_px)


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


def _frame(counted: str, latest: float | None, drawn: str, steps: int, height_px: int) -> str:
    told = f"<b>{significant(latest)}</b> now" if latest else ""
    alt = f"{significant(latest)} {counted} per second now" if latest else "No speed yet"
    spread = "display:flex;justify-content:space-between;gap:12px;white-space:nowrap"
    ends = f"<span>0</span><span>{f'{count(steps)} {escape(counted)}' if steps else ''}</span>" if latest else "&nbsp;"
    return (
        f'<div><div style="{spread}"><b>Speed, {escape(counted)} per second</b><span>{told}</span></div>'
        f'<div role="img" aria-label="{escape(alt)}" style="position:relative;height:{height_px - AROUND_PX}px">'
        f'{drawn}</div><div style="{spread};font-size:.75rem;color:{colour("caption")}">{ends}</div></div>'
    )


def _place(step: float, rate: float, steps: int, top: float) -> Place:
    return 100 * step / max(steps, 1), 100 - 100 * rate / top


def stroke(places: Sequence[Place]) -> str:
    """A line through the places, two pixels high; a single one is a short dash."""
    if len(places) == 1:
        places = [(places[0][0] - 0.4, places[0][1]), (places[0][0] + 0.4, places[0][1])]
    above = [f"{x:.2f}% calc({y:.2f}% - 1.2px)" for x, y in places]
    below = [f"{x:.2f}% calc({y:.2f}% + 1.2px)" for x, y in reversed(places)]
    shape = f"clip-path:polygon({','.join([*above, *below])});background:{colour('measured')}"
    return f'<div style="position:absolute;inset:0;{shape}"></div>'


def _dot(left: float, top: float) -> str:
    look = f"width:10px;height:10px;margin:-5px 0 0 -6px;border-radius:5px;background:{colour('measured')}"
    return f'<span style="position:absolute;left:{left:.2f}%;top:{top:.2f}%;{look}"></span>'


def _limit(limit: float, top: float) -> str:
    down = _place(0, limit, 1, top)[1]
    told = text_at(f"limit of this device: {significant(limit)}", f"right:2px;bottom:{100 - down:.2f}%", "limit")
    return rule(down, "limit", "2px dashed") + told


def rule(down: float, meaning: Meaning, line: str, shade: float = 1) -> str:
    style = f"position:absolute;left:0;right:0;top:{down:.2f}%;border-top:{line} {colour(meaning)};opacity:{shade}"
    return f'<div style="{style}"></div>'


def text_at(text: str, place: str, meaning: Meaning = "caption") -> str:
    return f'<span style="position:absolute;{place};font-size:.8rem;color:{colour(meaning)}">{escape(text)}</span>'
