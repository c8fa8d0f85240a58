"""The repeats that have landed, each a dot at its seconds, the cold one hollow, as in the result's own chart."""

from collections.abc import Sequence
from html import escape

from core.units import seconds
from ui.colours import colour
from ui.dot_charts import told_times
from ui.live.rate_line import axis_end

HEIGHT_PX = 92
SMALL = "font-size:.75rem"


def repeat_strip(times: Sequence[float]) -> str:
    """The strip as HTML; before the first repeat has landed its name, its room and a sentence."""
    if not times:
        return _frame(f'<div style="{SMALL};color:{colour("caption")}">None has ended yet.</div>')
    end, told = axis_end(max(times)), told_times(times)
    line = f"position:relative;height:26px;margin-right:8px;border-bottom:1px solid {colour('quiet')}"
    small = f"{SMALL};color:{colour('caption')}"
    dots = "".join(_dot(value / end, is_cold=number == 0) for number, value in enumerate(times))
    return _frame(
        f'<div role="img" aria-label="{escape(told, quote=True)}" style="{line}">{dots}</div>'
        f'<div style="display:flex;justify-content:space-between;{small}"><span>0</span>'
        f"<span>{seconds(end)}</span></div>"
        f'<div style="{small};white-space:nowrap;overflow:hidden;text-overflow:ellipsis">{escape(told)}</div>'
    )


def _frame(inside: str) -> str:
    return f'<div style="height:{HEIGHT_PX}px;overflow:hidden"><b>Repeats so far</b>{inside}</div>'


def _dot(share: float, is_cold: bool) -> str:
    edge = colour("quiet" if is_cold else "measured")
    fill = "transparent" if is_cold else edge
    look = f"width:12px;height:12px;margin-left:-6px;border-radius:6px;border:2px solid {edge};background:{fill}"
    return f'<span style="position:absolute;top:7px;left:{100 * share:.2f}%;{look}"></span>'
