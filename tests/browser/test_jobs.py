"""A run in trouble, as its student sees it: cancelled, the server gone in the middle, two runs at once."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import measured, open_page, settled
from tests.browser.server import AppServer

SLOW = "lab_text_to_image?text_to_image_num_inference_steps=150&text_to_image_repeats=20&text_to_image_source=embedded"
SHORT = "lab_text_to_image?text_to_image_num_inference_steps=3&text_to_image_source=embedded"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[AppServer]:
    running = AppServer(tmp_path / "app")
    running.start()
    yield running
    running.stop()


def start(page: Page, server: AppServer, path: str) -> None:
    """Open a lab with the settings in the address and run it."""
    open_page(page, server, path)
    page.get_by_role("button", name=re.compile("Run (it|again)")).click()


def test_a_cancelled_run_says_so_and_keeps_what_was_measured(page: Page, own_server: AppServer) -> None:
    start(page, own_server, SLOW)
    expect(page.get_by_text("Repeats so far")).to_be_visible()
    expect(page.get_by_text("None has ended yet.")).to_have_count(0, timeout=120_000)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You stopped this run.").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Measured before the run ended:")).to_be_visible()
    expect(page.get_by_text("Fastest picture").first).to_be_visible()


def test_a_run_survives_a_killed_server(page: Page, own_server: AppServer) -> None:
    start(page, own_server, SLOW.replace("repeats=20", "repeats=4"))
    expect(page.get_by_text(re.compile(r"step \d+ of"))).to_be_visible(timeout=120_000)
    own_server.stop(kill=True)
    own_server.start()
    open_page(page, own_server, "lab_text_to_image")
    expect(page.get_by_text("Fastest picture").first).to_be_visible(timeout=240_000)


def test_a_second_run_waits_in_line_and_can_leave(page: Page, own_server: AppServer) -> None:
    start(page, own_server, SLOW)
    expect(page.get_by_text(re.compile(r"step \d+ of"))).to_be_visible(timeout=120_000)
    start(page, own_server, "lab_load_model?load_model_source=embedded")
    expect(page.get_by_text("Next in line")).to_be_visible()
    page.reload()
    settled(page)
    expect(page.get_by_text("Next in line")).to_be_visible()
    page.get_by_role("button", name="Leave the queue").click()
    expect(page.get_by_text("You stopped this run.").first).to_be_visible()


def test_a_link_opens_with_its_settings(page: Page, own_server: AppServer) -> None:
    start(page, own_server, SHORT)
    measured(page)
    expect(page.get_by_text("UNet evaluations")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").filter(has_text=re.compile("^4$"))).to_be_visible()


def test_settings_out_of_range_are_refused_with_the_range(page: Page, own_server: AppServer) -> None:
    open_page(page, own_server, "lab_text_to_image?text_to_image_sweep=seed&text_to_image_sweep_values=1,x")
    expect(page.get_by_text("it takes a list of at most 12 numbers", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Run (it|again)"))).to_have_count(0)
