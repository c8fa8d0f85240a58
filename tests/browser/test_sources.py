"""The Hub's weights, from a server on this machine that speaks the Hub's protocol; and a bank that breaks meanwhile."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG
from core.models.checkpoint import checkpoint
from tests.browser.classroom import PASSCODE, teacher
from tests.browser.conftest import choose, measured, open_page, open_tab
from tests.browser.server import ROOT, AppServer
from tests.core.models.hub_server import Hub, running
from tests.core.quiz.examples import LESSON

TEXT_LAB = "lab_text_generation?text_generation_max_new_tokens=20"
NEW_QUESTION = """
  - id: home
    title: A new one
    headline: "Is this page drawn?"
    about: "It was added while the app ran."
    prompt: "Is it?"
    type: single
    topic: test
    difficulty: easy
    lab: {name: runtime}
    choices:
      - {id: drawn, letter: a, text: "It is", correct: true, feedback: "So it is."}
      - {id: missing, letter: b, text: "It is missing", correct: false, feedback: "Look again."}
    explanation: "The pages follow the bank."
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A Hub that has a small Qwen under the real one's name, slow enough to watch."""
    twin = checkpoint("qwen3-0.6b", "embedded", SilentProgress())
    with running(Hub(CATALOG["qwen3-0.6b"].repo, Path(twin.path))) as served:
        served.pause_s = 0.05
        yield served


@pytest.fixture
def connected(hub: Hub, tmp_path: Path) -> Iterator[AppServer]:
    """A server that reaches this Hub, with an empty cache."""
    environment = {"HF_ENDPOINT": hub.address, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "0"}
    server = AppServer(tmp_path / "app", VRAM_LAB_TEACHER_PASSCODE=PASSCODE, **environment)
    server.start()
    yield server
    server.stop()


def test_a_download_states_its_size_and_the_text_is_shown(page: Page, hub: Hub, connected: AppServer) -> None:
    open_page(page, connected, "q4")
    choose(page.get_by_role("radio", name="20 to 40 seconds", exact=True))
    expect(page.get_by_role("button", name="Lock in, download 1.52 GB and run")).to_be_visible()
    open_page(page, connected, TEXT_LAB)
    expect(
        page.get_by_text(re.compile(r"1\.52 GB from 127\.0\.0\.1:\d+, licence Apache-2\.0; .* free here"))
    ).to_be_visible()
    assert not any("resolve" in request for request in hub.requests)
    page.get_by_role("button", name="Download 1.52 GB and run").click()
    expect(page.get_by_text(re.compile("Downloading Qwen3-0.6B"))).to_be_visible(timeout=120_000)
    measured(page, 120_000)
    open_tab(page, "Text")
    expect(page.get_by_text("Once upon a time, in a land far, far away,").last).to_be_visible()


def test_a_class_waits_for_one_download_while_other_runs_go_on(
    browser: Browser, hub: Hub, connected: AppServer
) -> None:
    hub.pause_s = 3.0
    students = [browser.new_context().new_page() for _ in range(3)]
    for page in students[:2]:
        open_page(page, connected, TEXT_LAB)
        page.get_by_role("button", name="Download 1.52 GB and run").click()
    for page in students[:2]:
        expect(page.get_by_text("1 other waits for it, too.")).to_be_visible(timeout=60_000)
        expect(page.get_by_text(re.compile(r"of 2\.\d+ MB, .*/s, .* left"))).to_be_visible(timeout=60_000)
    open_page(students[2], connected, f"{TEXT_LAB}&text_generation_source=embedded")
    students[2].get_by_role("button", name="Run it").click()
    measured(students[2], 120_000)
    expect(students[0].get_by_text(re.compile("Downloading Qwen3-0.6B"))).to_be_visible()

    board = teacher(browser, connected)
    open_page(board, connected, "teacher_models")
    expect(board.get_by_text("2 runs wait for it.")).to_be_visible()
    students[0].get_by_role("button", name="Leave the queue").click()
    expect(board.get_by_text("1 run waits for it.")).to_be_visible()
    hub.pause_s = 0.0
    measured(students[1], 120_000)
    expect(board.locator(".st-key-model_qwen3-0_6b").get_by_role("button")).to_have_count(0)
    board.get_by_role("button", name="Check what is here").click()
    expect(board.get_by_text("Whole: Qwen3-0.6B.")).to_be_visible()
    for page in (*students, board):
        page.context.close()


def test_a_teacher_fetches_beforehand_and_hears_why_it_failed(browser: Browser, hub: Hub, connected: AppServer) -> None:
    board = teacher(browser, connected)
    open_page(board, connected, "teacher_models")
    hub.refuse = (403, "GatedRepo")  # from now on: a Hub that refuses everything counts as out of reach
    row = board.locator(".st-key-model_qwen3-0_6b")
    row.get_by_role("button", name="Fetch").click()
    expect(row.get_by_text("gives its files only to people who accepted its terms")).to_be_visible(timeout=60_000)
    hub.refuse = None
    row.get_by_role("button", name="Try again").click()
    expect(row.get_by_role("button")).to_have_count(0, timeout=60_000)
    expect(row).to_contain_text("here")
    board.context.close()


@pytest.fixture
def own_bank(tmp_path: Path) -> Iterator[tuple[AppServer, Path]]:
    """A server with a copy of the bank, and of its pictures, that a test may edit while it runs."""
    bank = tmp_path / "quiz_bank.yaml"
    shutil.copy(ROOT / "quiz_bank.yaml", bank)
    for image in (question.image for question in LESSON.questions if question.image):
        (tmp_path / image.src).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / image.src, tmp_path / image.src)
    server = AppServer(tmp_path / "app", VRAM_LAB_BANK=str(bank))
    server.start()
    yield server, bank
    server.stop()


def test_a_broken_bank_is_shown_and_the_lesson_goes_on(page: Page, own_bank: tuple[AppServer, Path]) -> None:
    server, bank = own_bank
    open_page(page, server, "")
    bank.write_text(bank.read_text().replace("    type: multiple\n", "    typ: multiple\n", 1))
    open_page(page, server, "")
    expect(page.get_by_text("the last good one is used", exact=False)).to_be_visible()
    expect(page.get_by_text(re.compile(r"quiz_bank\.yaml:\d+:\d+ Q1"))).to_be_visible()
    open_page(page, server, "q1")
    expect(page.get_by_role("button", name="Check my answer")).to_be_visible()


def test_a_question_added_while_the_class_runs_has_a_page_at_once(page: Page, own_bank: tuple[AppServer, Path]) -> None:
    """The new question has no file in pages/lesson; the lesson once broke for everybody."""
    server, bank = own_bank
    open_page(page, server, "q11")
    bank.write_text(f"{bank.read_text()}\n{NEW_QUESTION}")
    open_page(page, server, "q11")
    page.get_by_role("link", name="home · A new one").last.click()
    expect(page.get_by_role("heading", name="Is this page drawn?")).to_be_visible()
    choose(page.get_by_role("radio", name=re.compile("^a ")))
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text("1 of 12 answered")).to_be_visible()
