"""Q4 from opening the page to its marks with Tab, arrows, space and Enter alone; where the focus is can be seen."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import measured, open_page, settled
from tests.browser.server import AppServer

MOST_TABS = 40
RIM_PX = 8


def reach(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, and look whether that shows."""
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement || element.contains(document.activeElement)"):
            break
    expect(target.and_(page.locator(":focus")).or_(target.locator(":focus"))).to_have_count(1)
    focused = picture(page, target)
    page.keyboard.press("Shift+Tab")
    assert picture(page, target) != focused, f"nothing shows that {target} has the focus"
    page.keyboard.press("Tab")


def picture(page: Page, target: Locator) -> bytes:
    """The target and its rim, as the screen shows them."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box
    page.wait_for_timeout(300)  # the rim fades in
    left, top = box["x"] - RIM_PX, box["y"] - RIM_PX
    size = {"width": box["width"] + 2 * RIM_PX, "height": box["height"] + 2 * RIM_PX}
    return page.screenshot(clip={"x": left, "y": top, **size})


def test_q4_from_opening_to_marked(page: Page, server: AppServer) -> None:
    open_page(page, server, "q4?q4_source=embedded&q4_max_new_tokens=8")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")

    prediction = page.get_by_test_id("stRadio").first
    reach(page, prediction)
    for key in ("Space", "ArrowDown"):
        page.keyboard.press(key)
    expect(prediction.get_by_role("radio").nth(1)).to_be_checked()
    reach(page, page.get_by_role("button", name="Lock in", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_text("You predicted")).to_be_visible()

    settled(page)
    reach(page, page.get_by_role("button", name="Run it"))
    page.keyboard.press("Enter")
    measured(page)

    answer = page.get_by_test_id("stRadio")
    reach(page, answer)
    page.keyboard.press("Space")
    expect(answer.get_by_role("radio").first).to_be_checked()
    reach(page, page.get_by_role("button", name="Check my answer"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your latest run does not decide", exact=False).first).to_be_visible()
