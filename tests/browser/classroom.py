"""What teachers and students of a class do in a browser, for tests that need a class."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import choose, open_page, settled
from tests.browser.server import AppServer

PASSCODE = "sesame open"


def teacher(browser: Browser, server: AppServer, width: int = 1280, height: int = 900) -> Page:
    """A teacher who signed in by `PASSCODE`, in a browser of their own."""
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    open_page(page, server, "teacher")
    page.get_by_label("Passcode").fill(PASSCODE)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Classes")).to_be_visible()
    settled(page)
    return page


def open_class(page: Page, title: str = "Physics 1", first: str = "Open") -> str:
    """Open a class on the teacher's page; gives its code."""
    settled(page)
    if page.get_by_test_id("stExpander").count():
        page.get_by_text("Open a class", exact=True).click()
    page.get_by_label("Title").fill(title)
    choose(page.get_by_role("radio", name=re.compile(f"^{first}")))
    page.get_by_role("button", name="Open the class").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    return page.get_by_test_id("stMetricValue").first.inner_text()


def student(browser: Browser, server: AppServer, code: str, handle: str, width: int = 390) -> Page:
    """A student who joined, in a browser of their own."""
    page = browser.new_context(viewport={"width": width, "height": 844}).new_page()
    open_page(page, server, f"join?code={code}")
    page.get_by_role("textbox", name="Your name in this class").fill(handle)
    page.get_by_role("button", name="Join the class").click()
    expect(page.get_by_text(f"You are {handle} here.")).to_be_visible()
    return page


def tick(page: Page, letters: str, kind: str = "checkbox") -> None:
    """Choose options by their letters and send the answer."""
    for letter in letters:
        choose(page.get_by_role(kind, name=re.compile(f"^{letter} ")))  # type: ignore[arg-type]
    page.get_by_role("button", name="Check my answer").click()
