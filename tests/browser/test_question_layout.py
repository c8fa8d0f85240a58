"""How high a question's page is after a run at 1,280 pixels: the aim is 2,000, `HIGHEST` holds what is reached."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import measured, open_page, predict
from tests.browser.server import AppServer

HIGHEST = {"q4": 2560, "q8": 3010}


@pytest.mark.parametrize("name", HIGHEST)
def test_after_a_run(page: Page, server: AppServer, name: str) -> None:
    open_page(page, server, f"{name}?{name}_source=embedded")
    predict(page, 1)
    page.get_by_role("button", name="Run it").click()
    measured(page)
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    assert height <= HIGHEST[name]
