"""A region is painted over a picture by pointer, by finger, by keyboard and in numbers, and a run paints there."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import measured, open_page, settled
from tests.browser.server import AppServer

LAB = "lab_inpainting?inpainting_region=painted&inpainting_num_inference_steps=3"
NOTHING = "No region is there yet."


def canvas(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile("Picture to paint on"))


def share(page: Page) -> int:
    """Percent of the picture that are painted, as the page says."""
    settled(page)
    told = page.get_by_role("status").filter(has_text="painted").inner_text()
    found = re.search(r"(\d+)%", told)
    return int(found[1]) if found else 0


def stroke(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a line with the mouse, in shares of the picture."""
    canvas(page).scroll_into_view_if_needed()
    box = canvas(page).bounding_box()
    assert box is not None
    for (x, y), act in ((start, page.mouse.down), (end, page.mouse.up)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
        act()


def test_a_region_is_painted_undone_cleared_and_used(page: Page, server: AppServer) -> None:
    open_page(page, server, LAB)
    expect(page.get_by_text(NOTHING)).to_be_visible()
    expect(page.get_by_role("button", name="Run it")).to_have_count(0)
    stroke(page, (0.3, 0.6), (0.7, 0.6))
    first = share(page)
    assert 4 < first < 10
    expect(page.get_by_text(NOTHING)).to_have_count(0)
    stroke(page, (0.3, 0.8), (0.7, 0.8))
    assert share(page) > first
    page.get_by_role("button", name="Undo").click()
    assert share(page) == first
    page.get_by_text("Erase", exact=True).click()
    stroke(page, (0.3, 0.6), (0.7, 0.6))
    assert share(page) == 0
    page.get_by_role("button", name="Undo").click()
    assert share(page) == first
    page.get_by_role("button", name="Run it").click()
    measured(page)
    expect(page.get_by_text("1 model with 4 networks inside took")).to_be_visible()
    assert share(page) == first  # what was painted stays for the next run
    page.get_by_role("button", name="Clear").click()
    assert share(page) == 0
    expect(page.get_by_text(NOTHING)).to_be_visible()


def test_the_keyboard_paints_too(page: Page, server: AppServer) -> None:
    open_page(page, server, LAB)
    canvas(page).focus()
    page.keyboard.down(" ")
    canvas(page).press("Shift+ArrowRight")
    page.keyboard.up(" ")
    drawn = share(page)
    assert drawn > 2
    canvas(page).press("Control+z")
    assert share(page) == 0
    page.get_by_text("A rectangle by numbers").press("Enter")
    page.get_by_role("spinbutton", name="Width %").fill("40")
    page.get_by_role("spinbutton", name="Height %").fill("30")
    page.get_by_role("button", name="Paint it").press("Enter")
    assert share(page) in (11, 12, 13)
    assert not (found := violations(page)), found


def test_a_finger_paints_on_a_phone(browser: Browser, server: AppServer) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    page = phone.new_page()
    open_page(page, server, LAB)
    canvas(page).scroll_into_view_if_needed()
    settled(page)
    box = canvas(page).bounding_box()
    assert box is not None and box["x"] + box["width"] < 370  # beside it a finger can scroll the page
    page.touchscreen.tap(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    expect(page.get_by_role("status").filter(has_text=re.compile("[12]% of the picture"))).to_be_visible()
    assert not (found := violations(page)), found
    phone.close()
