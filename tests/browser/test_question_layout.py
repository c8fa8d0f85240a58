"""How high a question's page is after a run at 1,280 pixels, and its two columns, beside the open sidebar too."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import choose, measured, open_page, predict, settled
from tests.browser.server import AppServer
from tests.browser.test_live_run import MOST_SHIFT, WATCH_SHIFTS

HIGHEST = 2000
IN_SIGHT = 900
"""Pixels from the button on in which the headline stands, and the pictures or the chart that the result is about."""
TWIN = "{name}?{name}_source=embedded"
RUNS = {
    "q1": ("q1", "this machine, just read"),
    "q3": (TWIN, "RAM of the program (process_rss)"),
    "q4": (TWIN, "Time of each repeat, 100 tokens"),
    "q5": (f"{TWIN}&q5_device=cpu", "Time of each repeat, 100 tokens"),
    "q6": (f"{TWIN}&q6_device=cpu", "RAM of the program (process_rss)"),
    "q8": (TWIN, "Pixel difference to the first picture"),
    "q9": (TWIN, "Time of each picture"),
    "q11": (TWIN, "UNet, 9 input channels"),
    "t1": ("t1", "The scale is logarithmic"),
    "w2": (TWIN, "How far leaving out one word moved the picture"),
    "w5": (TWIN, "tokens for 48 places"),
    "f1": (TWIN, "Loss, LoRA"),
}
"""By question: its address, and words of the table or the chart that answers it, which is in sight without a click."""


@pytest.mark.parametrize("name", RUNS)
def test_after_a_run(page: Page, server: AppServer, name: str) -> None:
    path, chart = RUNS[name]
    open_page(page, server, path.format(name=name))
    if name != "q1":  # which asks for no prediction
        predict(page, 1)
    start = page.get_by_role("button", name="Run it")
    start.scroll_into_view_if_needed()
    settled(page)
    page.evaluate(WATCH_SHIFTS)
    start.click()
    measured(page)
    page.wait_for_timeout(1000)  # what the browser still reports
    assert sum(value for _, value in page.evaluate("window.shifts")) <= MOST_SHIFT
    button = page.get_by_role("button", name="Run again").bounding_box()
    place = shown(page, chart).bounding_box()
    assert place and button and button["y"] < place["y"] and place["y"] + place["height"] - button["y"] <= IN_SIGHT
    stands_in_two_columns(page)
    assert height(page) <= HIGHEST
    answer(page)
    assert height(page) <= HIGHEST
    page.get_by_test_id("stSidebar").hover()
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(page.get_by_role("link", name="My runs")).not_to_be_in_viewport()
    settled(page)
    stands_in_two_columns(page)
    assert height(page) <= HIGHEST


def shown(page: Page, chart: str) -> Locator:
    """What is looked at first: the last of the pictures, else the table or chart with the words of `RUNS`, or these."""
    expect(page.get_by_text(chart, exact=False).first).to_be_visible()
    if (pictures := page.get_by_alt_text(re.compile("^(Generated picture|Result)"))).count():
        return pictures.last
    table = page.get_by_role("table").filter(has_text=chart)
    charts = page.get_by_test_id("stVegaLiteChart")
    return table if table.count() else charts.first if charts.count() else page.get_by_text(chart, exact=False).first


def answer(page: Page) -> None:
    """Tick the first option, and then ask for the answer, if that was not it."""
    choose(
        page.get_by_role("checkbox", name=re.compile("^a ·")).or_(page.get_by_role("radio", name=re.compile("^a ·")))
    )
    page.get_by_role("button", name="Check my answer").click()
    settled(page)
    if (shown := page.get_by_role("button", name="Show the answer")).count():
        shown.click()
        settled(page)


def stands_in_two_columns(page: Page) -> None:
    """The run and the answer begin beside each other."""
    tops = [page.get_by_role("heading", name=name, exact=True).bounding_box() for name in ("Run it", "Answer")]
    assert tops[0] and tops[1] and tops[0]["x"] + 400 < tops[1]["x"] and abs(tops[0]["y"] - tops[1]["y"]) < 100


def height(page: Page) -> float:
    """Of the page without the browser's window, in pixels."""
    return float(page.get_by_test_id("stMain").evaluate("main => main.scrollHeight"))
