"""The start page, the folding sidebar, and addresses that are opened directly."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settled
from tests.browser.server import AppServer

SIDEBAR = "stSidebarNav"


def links(page: Page) -> list[str]:
    """The addresses in the sidebar."""
    found = page.get_by_test_id(SIDEBAR).get_by_role("link")
    return [str(link.get_attribute("href")).rpartition("/")[2] for link in found.all()]


@pytest.mark.parametrize("path", ["", "q4", "d2", "lab_text_generation", "runs", "teacher_marks"])
def test_opening_a_page_asks_for_nothing_that_is_not_there(page: Page, server: AppServer, path: str) -> None:
    answers: list[tuple[int, str]] = []
    complaints: list[str] = []
    page.on("response", lambda answer: answers.append((answer.status, answer.url)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    open_page(page, server, path)
    assert any("_stcore/health" in url for _, url in answers)
    assert [answer for answer in answers if answer[0] >= 400] == []
    assert complaints == []


def test_the_sidebar_unfolds_the_section_of_the_page(page: Page, server: AppServer) -> None:
    open_page(page, server, "d2")
    assert {"d1", "d2", "q1", "i1"} <= set(links(page))
    assert not {"q2", "i2", "lab_text_generation"} & set(links(page))
    page.get_by_test_id(SIDEBAR).get_by_role("link", name="Lesson").press("Enter")
    expect(page.get_by_test_id(SIDEBAR).get_by_role("link", name="Q11")).to_be_visible()
    settled(page)
    assert page.url.endswith("/q1")
    assert "d2" not in links(page)
    page.go_back()
    expect(page.get_by_test_id(SIDEBAR).get_by_role("link", name="D2")).to_be_visible()


def test_the_start_page_draws_its_pictures_and_cards_lead_on(page: Page, server: AppServer) -> None:
    open_page(page, server, "")
    pictures = page.get_by_test_id("stMain").locator("img")
    expect(pictures).to_have_count(16)
    assert pictures.evaluate_all("all => all.every(each => each.naturalWidth > 0)")
    page.get_by_text("float32", exact=True).first.click()
    expect(page.get_by_text("No room left for SDXL inpainting").first).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name="P1").click()
    settled(page)
    assert page.url.endswith("/p1")
