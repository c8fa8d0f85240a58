"""Looking at pictures: the line between two, moved by keyboard and pointer, and the heat map."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import measured, open_page, open_tab, settled
from tests.browser.server import AppServer


def shown_width(frame: Locator) -> str:
    """How much of the first picture is cut away from the right."""
    return str(frame.locator("img.first").evaluate("picture => getComputedStyle(picture).clipPath"))


def test_the_line_between_two_pictures_is_moved(page: Page, server: AppServer) -> None:
    query = "text_to_image_num_inference_steps=5&text_to_image_sweep=Seed&text_to_image_sweep_values=1%2C2"
    open_page(page, server, f"lab_text_to_image?{query}")
    page.get_by_role("button", name="Run it").click()
    measured(page)
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("Your previous run:")).to_be_visible()
    measured(page)
    open_tab(page, "Compare")
    slider = page.get_by_role("slider", name=re.compile(r"Left of the line: 1: seed 1.*Right of it: 2: seed 2"))
    frame = page.locator(".frame", has=slider)
    before = shown_width(frame)
    slider.press("ArrowLeft")
    assert slider.input_value() == "49" and shown_width(frame) != before
    box = frame.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    assert abs(int(slider.input_value()) - 20) <= 1
    page.get_by_text("Where they differ", exact=True).click()
    settled(page)
    expect(page.get_by_text("of 255: the largest difference")).to_be_visible()
    expect(page.get_by_alt_text("Heat map of the difference")).to_be_visible()
    open_page(page, server, "runs")
    page.get_by_text("Their pictures", exact=True).click()
    settled(page)
    expect(page.get_by_role("slider", name=re.compile("First run, picture 1.*Second run, picture 2"))).to_be_visible()
