"""axe-core on a page of the app: what a reader with a screen reader, a keyboard or weak eyes would stumble over.

    violations(page)    # ["color-contrast on <p>Join</p>: Element has insufficient color contrast of 3.8 ..."]

What Streamlit's own markup does, and no option of it changes, stands in `STREAMLIT`; the tests see that it is still so.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa"]
GRAVE = ("serious", "critical")
FINDINGS = """async ([rules, selectors]) => {
  const found = await axe.run({runOnly: rules, resultTypes: ["violations"], elementRef: true});
  return found.violations.flatMap(({id, impact, nodes}) => nodes.map(node => ({
    id, impact, html: node.html.slice(0, 200),
    told: [...node.any, ...node.all, ...node.none].map(check => check.message).join("; "),
    matches: selectors.filter(selector => node.element.matches(selector)),
  })));
}"""


@dataclass(frozen=True)
class Known:
    """A finding in Streamlit's own markup.

    Attributes:
        path: a page on which it is found.
        why: what Streamlit does, and what it means for a reader.
    """

    rule: str
    selector: str
    path: str
    why: str


STREAMLIT = [
    Known(
        "list",
        "ul[data-testid='stSidebarNavItems']",
        "",
        "Pages in sections stand in a div inside of the list; their number is not told, every link is.",
    ),
    Known(
        "listitem",
        "ul[data-testid='stSidebarNavItems'] > div li",
        "",
        "The same: the items' parent is that div.",
    ),
]


def violations(page: Page) -> list[str]:
    """Serious and critical findings of the page as it stands, without those that are Streamlit's own."""
    return [_told(each) for each in _findings(page) if each["impact"] in GRAVE and not _known(each)]


def is_found(page: Page, known: Known) -> bool:
    """Whether Streamlit still does so on this page."""
    return any(each["id"] == known.rule and known.selector in each["matches"] for each in _findings(page))


def _findings(page: Page) -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(FINDINGS, [RULES, [known.selector for known in STREAMLIT]])
    return found


def _known(finding: dict[str, Any]) -> bool:
    return any(finding["id"] == known.rule and known.selector in finding["matches"] for known in STREAMLIT)


def _told(finding: dict[str, Any]) -> str:
    return f"{finding['id']} on {finding['html']}: {finding['told']}"
