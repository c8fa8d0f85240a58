"""How high a question's page is after a run at 1,280 pixels, and its two columns where the sidebar is folded."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import measured, open_page, predict, settled
from tests.browser.server import AppServer

HIGHEST = {"q4": 2300, "q8": 2720}
HIGHEST_FOLDED = 2000


@pytest.mark.parametrize("name", HIGHEST)
def test_after_a_run(page: Page, server: AppServer, name: str) -> None:
    open_page(page, server, f"{name}?{name}_source=embedded")
    predict(page, 1)
    page.get_by_role("button", name="Run it").click()
    measured(page)
    assert height(page) <= HIGHEST[name]
    page.get_by_test_id("stSidebar").hover()
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(page.get_by_role("link", name="My runs")).not_to_be_in_viewport()
    settled(page)
    tops = [page.get_by_role("heading", name=name).bounding_box() for name in ("Run it", "Answer")]
    assert abs(tops[0]["y"] - tops[1]["y"]) < 100  # type: ignore[index]
    assert height(page) <= HIGHEST_FOLDED


def height(page: Page) -> float:
    """Of the page without the browser's window, in pixels."""
    return float(page.get_by_test_id("stMain").evaluate("main => main.scrollHeight"))
