"""Fixtures: the server, a Chromium of the system, and a page that waits until the app has drawn."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from tests.browser.server import AppServer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

QUIET_MS = 150
QUIET = """most => {
  const app = document.querySelector("[data-testid='stApp']");
  const is = (name, value) => app && app.getAttribute(`data-test-${name}-state`) === value;
  const isQuiet = is("connection", "CONNECTED") && is("script", "notRunning");
  window.quietSince = isQuiet ? window.quietSince ?? performance.now() : null;
  return isQuiet && performance.now() - window.quietSince >= most;
}"""

expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser test and needs a Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """One server per test module."""
    running = AppServer(tmp_path_factory.mktemp("app"))
    running.start()
    yield running
    running.stop()


def settled(page: Page) -> None:
    """Wait until the app is connected and has drawn nothing for a moment: a click in between would be lost."""
    page.evaluate("window.quietSince = null")
    page.wait_for_function(QUIET, arg=QUIET_MS, polling=25)


def choose(option: Locator) -> None:
    """Tick an option; once more where the page was redrawn under the click, as a person would."""
    settled(option.page)
    try:
        option.check(force=True)
    except Error as error:
        if "did not change its state" not in error.message:
            raise
        settled(option.page)
        option.check(force=True)


def measured(page: Page, timeout_ms: float = 300_000) -> None:
    """Wait until a run of one's own has ended and stands on the page."""
    expect(page.get_by_role("button", name="Run again")).to_be_visible(timeout=timeout_ms)
    settled(page)


def predict(page: Page, choice: int) -> None:
    """Lock a prediction in, and run nothing yet."""
    lock = page.get_by_role("button", name="Lock in", exact=True)
    expect(lock).to_be_visible()  # then its options are there as well, and stand before all others
    choose(page.get_by_role("radio").nth(choice))
    settled(page)
    lock.click()
    expect(page.get_by_text("You predicted").first).to_be_visible()
    settled(page)


def predict_and_run(page: Page, choice: int) -> None:
    """Press the run button without a prediction, and answer the dialog that asks for one: then the run begins."""
    page.get_by_role("button", name="Lock in and run").click()
    dialog = page.get_by_role("dialog")
    choose(dialog.get_by_role("radio").nth(choice))
    settled(page)
    dialog.get_by_role("button", name="Lock in and run").click()
    expect(page.get_by_role("button", name=re.compile("Cancel|Leave the queue"))).to_be_visible()
    expect(page.get_by_text("You predicted").first).to_be_visible()


def open_tab(page: Page, name: str) -> None:
    """Look at another part of the result."""
    page.get_by_role("tab", name=name).click()
    settled(page)


def open_page(page: Page, server: AppServer, path: str) -> None:
    """Open an address of the app and wait until it is drawn."""
    page.goto(f"{server.url}/{path}")
    settled(page)
