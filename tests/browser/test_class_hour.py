"""A whole class hour: a teacher and three students, from opening the class to the marks and deleting one student."""

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.classroom import statistics
from tests.browser.classroom import PASSCODE, open_class, student, teacher, tick
from tests.browser.conftest import open_page, predict_and_run, settled
from tests.browser.server import AppServer

RUN_MS = 300_000
SOON_MS = 20_000
WHY = "Why"
"""Heads the explanation, which comes with the key."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    running = AppServer(tmp_path_factory.mktemp("hour"), VRAM_LAB_TEACHER_PASSCODE=PASSCODE)
    running.start()
    yield running
    running.stop()


def shot(page: Page, name: str) -> None:
    settled(page)
    page.screenshot(path=f"test-results/class_hour_{name}.png", full_page=True)


def go(page: Page, link: str) -> None:
    """Follow a link of the sidebar or the page."""
    page.get_by_role("link", name=link).first.click()
    settled(page)


def measured(page: Page) -> Locator:
    return page.get_by_text("Same seed, difference").first


def test_a_class_hour(browser: Browser, server: AppServer, tmp_path: Path) -> None:
    teaching = teacher(browser, server, width=1920, height=1080)
    code = open_class(teaching, "Physics 1", first="Closed")
    shot(teaching, "1_classes")
    go(teaching, "Projector")
    expect(teaching.get_by_text(code)).to_be_visible()
    ada = student(browser, server, code, "Ada")
    personal_code = ada.get_by_test_id("stCode").inner_text().strip()
    shot(ada, "2_my_class")
    ben, cy = student(browser, server, code, "Ben", width=1280), student(browser, server, code, "Cy")
    expect(teaching.get_by_text("3 students have joined")).to_be_visible(timeout=SOON_MS)
    shot(teaching, "3_projector_join")

    class_id = re.search(r"class=([0-9a-f]{32})", teaching.url)
    assert class_id
    open_page(teaching, server, f"teacher_projector?class={class_id[1]}&question=Q8")
    for page in (ada, ben, cy):
        open_page(page, server, "q8")
        expect(page.get_by_text("your teacher opens it", exact=False)).to_be_visible()
    shot(ada, "4_closed")
    teaching.locator(".st-key-open_Q8 button").first.click()
    for number, page in enumerate((ada, ben, cy)):
        expect(page.get_by_role("button", name="Lock in and run")).to_be_visible(timeout=SOON_MS)
        predict_and_run(page, number % 2)
    ada.reload()
    for page in (ada, ben, cy):
        expect(measured(page)).to_be_visible(timeout=RUN_MS)
        settled(page)
    tick(ada, "d")
    tick(ben, "a")
    tick(cy, "d")
    expect(ada.get_by_text(re.compile("^Right"))).to_be_visible(timeout=SOON_MS)
    expect(ben.get_by_text("2 attempts left", exact=False)).to_be_visible(timeout=SOON_MS)
    shot(ada, "5_right")

    phone = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    open_page(phone, server, f"join?me={personal_code.replace(' ', '')}")
    expect(phone.get_by_text("This link belongs to Ada", exact=False)).to_be_visible()
    phone.get_by_role("button", name="That is me, continue").click()
    expect(phone.get_by_text("You are Ada here.")).to_be_visible()
    open_page(phone, server, "q8")
    expect(phone.get_by_text(re.compile("^Right"))).to_be_visible()

    shot(teaching, "6_projector_open")
    teaching.locator(".st-key-closed_Q8 button").first.click()
    expect(ben.get_by_text("your teacher opens it", exact=False)).to_be_visible(timeout=SOON_MS)
    expect(ben.get_by_role("button", name="Check my answer")).to_have_count(0)
    teaching.locator(".st-key-revealed_Q8 button").first.click()
    expect(ben.get_by_text(WHY, exact=True)).to_be_visible(timeout=SOON_MS)
    shot(teaching, "7_projector_revealed")
    shot(ben, "8_revealed")

    open_page(teaching, server, f"teacher_live?class={class_id[1]}")
    for handle in ("Ada", "Ben", "Cy"):
        expect(teaching.get_by_text(handle, exact=True).first).to_be_visible(timeout=SOON_MS)
    shot(teaching, "9_live")
    for page_name in ("statistics", "measurements", "marks"):
        open_page(teaching, server, f"teacher_{page_name}?class={class_id[1]}")
        expect(teaching.get_by_test_id("stException")).to_have_count(0)
        shot(teaching, f"10_{page_name}")

    open_page(teaching, server, f"teacher_exports?class={class_id[1]}")
    shot(teaching, "11_exports")
    with teaching.expect_download() as download:
        teaching.locator(".st-key-exports_answers_csv button").click()
    file = tmp_path / "answers.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert {(row["student"], row["question"], float(row["score"])) for row in rows} == {
        ("Ada", "Q8", 1.0),
        ("Ben", "Q8", 0.0),
        ("Cy", "Q8", 1.0),
    }
    marks = statistics.marks_of(statistics.read_answers(file))
    assert statistics.report(marks, "first")["items"][0]["facility"] == pytest.approx(200 / 3)

    open_page(teaching, server, f"teacher_students?class={class_id[1]}")
    shot(teaching, "12_students")
    delete(teaching, "Ben")
    with sqlite3.connect(server.data_dir / "vram_lab.sqlite") as database:
        left = {row[0] for row in database.execute("SELECT handle FROM people WHERE class_id IS NOT NULL")}
        assert left == {"Ada", "Cy"}
        assert database.execute("SELECT count(*) FROM answers").fetchone() == (2,)
    open_page(ben, server, "my_class")
    expect(ben.get_by_text("You are not in a class", exact=False)).to_be_visible()


def delete(page: Page, handle: str) -> None:
    """Choose a student on the teacher's page and delete them by typing their name."""
    page.get_by_role("combobox", name="Student").click()
    page.get_by_role("option", name=handle).click()
    settled(page)
    page.get_by_role("textbox", name="Type the name to delete this student").fill(handle)
    page.get_by_role("button", name="Delete with everything they did").click()
    expect(page.get_by_text(f"{handle} was deleted.")).to_be_visible(timeout=SOON_MS)
    settled(page)
