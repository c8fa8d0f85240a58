"""What must not leave the server: pages past the router, the answer key, a cookie that scripts can read."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocket, expect

from core.config import config
from core.quiz.loading import load_bank
from tests.browser.conftest import open_page
from tests.browser.server import ROOT, AppServer


def test_no_page_file_lies_where_streamlit_finds_it_without_the_router() -> None:
    """Streamlit opens `pages/*.py` by address on a fresh server without running the entry script."""
    assert list((ROOT / "pages").glob("*.py")) == []
    assert len(list((ROOT / "pages").glob("*/*.py"))) > 11


def test_the_first_visitor_of_a_fresh_server_cannot_open_a_page_by_its_file_name(page: Page, tmp_path: Path) -> None:
    fresh = AppServer(tmp_path / "fresh")
    fresh.start()
    try:
        open_page(page, fresh, "my_runs")
        expect(page.get_by_text("Run the model, read the gauge", exact=False).first).to_be_visible()
        expect(page.get_by_text("Nothing has been run yet", exact=False)).to_have_count(0)
    finally:
        fresh.stop()


def test_the_key_does_not_reach_the_browser_before_the_answer(page: Page, server: AppServer) -> None:
    received: list[bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append(frame if isinstance(frame, bytes) else frame.encode()))

    page.on("websocket", listen)
    bank = load_bank(config().bank)
    for question in bank.questions:
        open_page(page, server, question.id.lower())
        expect(page.get_by_role("heading", name=question.headline)).to_be_visible()
    everything = b"".join(received)
    assert question.headline.encode() in everything
    for question in bank.questions:
        secrets = [
            question.explanation,
            *(c.feedback for c in question.choices),
            *(c.feedback_unchosen for c in question.choices),
        ]
        for text in filter(None, secrets):
            assert text[:60].encode() not in everything, f"{question.id}: {text[:60]}"


def test_the_identity_cookie_is_unreadable_for_scripts(page: Page, server: AppServer) -> None:
    open_page(page, server, "")
    cookie = next(c for c in page.context.cookies() if c["name"] == "vram_lab_person")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and len(cookie["value"]) > 30
    assert "vram_lab_person" not in page.evaluate("document.cookie")


ODD = [
    "lab_text_generation?text_generation_repeats=999&text_generation_source=evil&text_generation_temperature=x",
    "lab_text_generation?text_generation_seed=1e400&text_generation_max_new_tokens=nan",
    "lab_text_to_image?text_to_image_sweep=seed&text_to_image_sweep_values=inf,1e999",
    "q4?q4_prediction=zzz&q4_device=cuda:99",
    "runs?run=zzz&compare_first=zzz",
]


@pytest.mark.parametrize("path", ODD)
def test_odd_links_open_their_page(page: Page, server: AppServer, path: str) -> None:
    open_page(page, server, path)
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_what_a_link_brings_is_not_rendered_as_markdown(page: Page, server: AppServer) -> None:
    bait = "![x](https://example.org/p.png) [login](https://example.org)"
    open_page(page, server, f"lab_text_to_image?text_to_image_sweep=seed&text_to_image_sweep_values={bait}")
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_contain_text("is not possible")
    expect(alert.locator("img, a")).to_have_count(0)


def test_a_foreign_cookie_does_not_cost_the_identity(page: Page, server: AppServer) -> None:
    open_page(page, server, "")
    mine = [c["value"] for c in page.context.cookies() if c["name"] == "vram_lab_person"]
    page.context.add_cookies([{"name": "g_state", "value": '{"i_l":0}', "url": server.url}])
    open_page(page, server, "q1")
    expect(page.get_by_role("button", name="Check my answer")).to_be_visible()
    assert [c["value"] for c in page.context.cookies() if c["name"] == "vram_lab_person"] == mine
