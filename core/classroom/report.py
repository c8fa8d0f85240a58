"""A student's report as one HTML file to keep or print: answers, measured figures, bars. No scripts, nothing loaded.

The page shows the same entries with its own charts; both are made from `Entry`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b2430; background: #fff }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.7rem; margin: 0 0 .2rem } h2 { font-size: 1.1rem; margin: 0 }
section { border-top: 1px solid #dcdcd4; padding: 1rem 0; break-inside: avoid }
p { margin: .3rem 0 } .quiet { color: #5b6470; font-size: .87rem }
.bar { display: grid; grid-template-columns: 9rem 1fr 6rem; gap: .6rem; align-items: center; font-size: .87rem }
.bar i { display: block; height: .8rem; background: #0f766e; border: 1px solid #0f766e; print-color-adjust: exact }
.bar.cold i { background: none; border-color: #9aa4a0 }
"""


@dataclass(frozen=True)
class ReportBar:
    """One measured value, in seconds, with the text that stands at its end."""

    label: str
    text: str
    value_s: float
    is_cold: bool = False


@dataclass(frozen=True)
class Entry:
    """What there is to say about one question."""

    title: str
    answer: str
    outcome: str
    verdict: str
    measured: str = ""
    provenance: str = ""
    bars_title: str = ""
    bars: Sequence[ReportBar] = field(default_factory=tuple)


def html_report(machine: str, date: str, score: str, entries: Sequence[Entry]) -> str:
    """The whole document; every text is escaped."""
    body = "".join(_section(entry) for entry in entries)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>VRAM Lab report</title>'
        f"<style>{STYLE}</style></head>"
        f"<body><h1>VRAM Lab: your machine's report</h1><p>{escape(machine)}</p>"
        f'<p class="quiet">{escape(date)} · {escape(score)}</p>{body}</body></html>\n'
    )


def _section(entry: Entry) -> str:
    longest = max((bar.value_s for bar in entry.bars), default=0.0) or 1.0
    bars = "".join(_bar(bar, bar.value_s / longest) for bar in entry.bars)
    titled = f"<p>{escape(entry.bars_title)}</p>{bars}" if bars else ""
    provenance = f'<p class="quiet">{escape(entry.provenance)}</p>' if entry.provenance else ""
    return (
        f"<section><h2>{escape(entry.title)}</h2><p><b>{escape(entry.outcome)}</b> {escape(entry.answer)}</p>"
        f"<p>{escape(entry.verdict)} {escape(entry.measured)}</p>{titled}{provenance}</section>"
    )


def _bar(bar: ReportBar, share: float) -> str:
    width = f"{100 * share:.1f}%"
    cold = " cold" if bar.is_cold else ""
    label, text = escape(bar.label), escape(bar.text)
    return f'<div class="bar{cold}"><span>{label}</span><i style="width:{width}"></i><span>{text}</span></div>'
