"""Every page on a desktop and a phone, light and dark: no error, and nothing wider than the screen."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import open_page
from tests.browser.server import AppServer

PAGES = [
    "",
    *(f"q{i}" for i in range(1, 12)),
    "lab_text_generation",
    "lab_text_to_image",
    "lab_guidance",
    "lab_prompt_craft",
    "lab_image_classification",
    "lab_optimisation",
    "lab_memory_savers",
    "lab_text_to_video",
    "g5",
    "i1",
    "o1",
    "o2",
    "o3",
    "m2",
    "d5",
    "n3",
    "w5",
    "v1",
    "runs",
    "report",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_open_and_fit(browser: Browser, server: AppServer, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    for path in PAGES:
        open_page(page, server, path)
        expect(page.locator("h1").first).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"/{path} is {overflow} pixels wider than the screen"
    context.close()
