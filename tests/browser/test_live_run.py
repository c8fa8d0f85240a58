"""A run while it goes on, as its student sees it, and that the page stays where it is from the click to the result."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import measured, open_page, predict, settled
from tests.browser.server import AppServer

WATCH_SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      if (!entry.hadRecentInput) window.shifts.push([entry.startTime, entry.value]);
    }
  }).observe({type: 'layout-shift'});
}"""
MOST_SHIFT = 0.05
PICTURES = (
    "lab_text_to_image?text_to_image_source=embedded&text_to_image_num_inference_steps=60&text_to_image_repeats=6"
)


def choose_twin(page: Page) -> None:
    """Have the question's run take the small twin."""
    weights = page.get_by_role("combobox", name=re.compile("Weights"))
    weights.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # a list that is open while the page scrolls is closed again
    weights.click()
    page.get_by_role("option", name="Small twin").click()
    settled(page)


def test_nothing_jumps_from_the_click_to_the_result(page: Page, server: AppServer) -> None:
    open_page(page, server, "q4")
    choose_twin(page)
    predict(page, 1)
    start = page.get_by_role("button", name="Run it")
    start.scroll_into_view_if_needed()
    settled(page)
    place = start.bounding_box()
    page.evaluate(WATCH_SHIFTS)
    start.click()
    expect(page.get_by_text("Repeats so far")).to_be_visible()
    assert page.get_by_role("button", name="Cancel").bounding_box() == place
    measured(page)
    page.wait_for_timeout(1000)  # what the browser still reports
    assert page.get_by_role("button", name="Run again").bounding_box() == place
    shifts = page.evaluate("window.shifts")
    assert sum(value for _, value in shifts) <= MOST_SHIFT, shifts


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_running_picture_shows_its_memory_speed_and_repeats(
    browser: Browser, server: AppServer, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    open_page(page, server, PICTURES)
    page.get_by_role("button", name=re.compile("Run (it|again)")).click()
    expect(page.get_by_text(re.compile("One warm|Median of"))).to_be_visible(timeout=120_000)
    expect(page.get_by_text("RAM of the program")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Meter: process_rss, read"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("evaluations per second now"))).to_be_visible()
    card = page.get_by_text("Repeats so far")
    overflow = "e => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert card.evaluate(overflow) <= 0
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You stopped this run.").first).to_be_visible(timeout=30_000)
    context.close()
