"""A figure that a lab follows, as a line over its steps: it grows while the run goes on."""

from collections.abc import Mapping
from html import escape
from typing import Any

from core.units import count, significant
from ui.colours import colour
from ui.live.rate_line import AROUND_PX, axis_end, rule, stroke, text_at


def value_line(now: Mapping[str, Any], name: str, height_px: int) -> str:
    """The line as HTML; before the first figure its name, its room and a sentence.

    Args:
        now: a job's progress.
        name: what the lab calls the figure.
    """
    told = now.get("values") or {}
    points = told.get("points") or [] if told.get("name") == name else []
    if not points:
        return _frame(name, "", text_at("Drawn from the first step on.", "left:0;top:0"), "&nbsp;", height_px)
    last_step, last = points[-1]
    end, top = max(now.get("rated_steps") or 0, last_step, 1), axis_end(max(value for _, value in points))
    drawn = [rule(share, "quiet", "1px solid", 1 if share == 100 else 0.3) for share in (0, 50, 100)]
    drawn.append(stroke([(100 * step / end, 100 - 100 * value / top) for step, value in points]))
    drawn.append(text_at(significant(top, 2), "left:2px;top:0"))
    ends = f"<span>0</span><span>{count(end)} steps</span>"
    return _frame(name, significant(last), "".join(drawn), ends, height_px)


def _frame(name: str, latest: str, drawn: str, ends: str, height_px: int) -> str:
    title, told = escape(name.capitalize()), f"<b>{latest}</b> now" if latest else ""
    alt = escape(f"{name}: {latest} now" if latest else f"No {name} yet", quote=True)
    spread = "display:flex;justify-content:space-between;gap:12px;white-space:nowrap"
    return (
        f'<div><div style="{spread}"><b>{title}</b><span>{told}</span></div>'
        f'<div role="img" aria-label="{alt}" style="position:relative;height:{height_px - AROUND_PX}px">{drawn}</div>'
        f'<div style="{spread};font-size:.75rem;color:{colour("caption")}">{ends}</div></div>'
    )
