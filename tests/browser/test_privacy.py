"""What is kept of a student, seen, taken away and deleted by the student and by the teacher."""

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.classroom import PASSCODE, open_class, student, teacher, tick
from tests.browser.conftest import open_page, settled
from tests.browser.server import AppServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    folder = tmp_path_factory.mktemp("app")
    running = AppServer(folder, VRAM_LAB_TEACHER_PASSCODE=PASSCODE, VRAM_LAB_WORKERS="external")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def desk(browser: Browser, server: AppServer) -> Page:
    """The teacher's browser."""
    return teacher(browser, server)


def _taken(page: Page, button: str) -> dict[str, Any]:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = Path(download.value.path())
    data: dict[str, Any] = json.loads(zipfile.ZipFile(io.BytesIO(path.read_bytes())).read("data.json"))
    return data


def _ask(server: AppServer, query: str, *values: str) -> list[Any]:
    with closing(sqlite3.connect(server.data_dir / "vram_lab.sqlite")) as database:
        return database.execute(query, values).fetchall()


def _held(server: AppServer) -> bytes:
    return b"".join(path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file())


def _answer_q2(page: Page, server: AppServer) -> None:
    open_page(page, server, "q2")
    tick(page, "a")
    expect(page.get_by_text("Not right")).to_be_visible()


def _students(page: Page, server: AppServer, title: str) -> None:
    (found,) = _ask(server, "SELECT id FROM classes WHERE title = ?", title)
    open_page(page, server, f"teacher_students?class={found[0]}")
    expect(page.get_by_role("heading", name="Students")).to_be_visible()


def _choose(page: Page, handle: str) -> None:
    page.get_by_role("combobox", name="Student").click()
    page.get_by_role("option", name=handle, exact=True).click()
    expect(page.get_by_role("button", name="New personal code")).to_be_visible()


def test_somebody_alone_sees_takes_away_and_deletes_what_is_kept(browser: Browser, server: AppServer) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    _answer_q2(page, server)
    open_page(page, server, "your_data")
    expect(page.get_by_text("1 answer, and how each was marked")).to_be_visible()
    expect(page.get_by_text("It is kept until you delete it.")).to_be_visible()
    data = _taken(page, "Download all of it")
    assert data["answers"][0]["submitted_answers"] == ["ram_16"]
    assert data["answers"][0]["marking"]["correct_answers"] == [], "the question can still be answered"
    mine = data["person"]["id"]
    assert mine.encode() in _held(server)
    page.get_by_text("Delete it", exact=True).click()
    page.get_by_label("Type delete to confirm").fill("no")
    page.get_by_role("button", name="Delete everything about me").click()
    expect(page.get_by_text("Nothing was deleted: that is not delete.")).to_be_visible()
    page.get_by_label("Type delete to confirm").fill("delete")
    page.get_by_role("button", name="Delete everything about me").click()
    expect(page.get_by_role("heading", name="VRAM Lab")).to_be_visible()
    open_page(page, server, "your_data")
    expect(page.get_by_text("0 answers, and how each was marked")).to_be_visible()
    assert mine.encode() not in _held(server)


def test_a_member_deletes_themselves_and_is_alone_again(browser: Browser, server: AppServer, desk: Page) -> None:
    open_page(desk, server, "teacher")
    code = open_class(desk, "Own deletion")
    page = student(browser, server, code, "Zoe Quill")
    _answer_q2(page, server)
    open_page(page, server, "my_class")
    expect(page.get_by_role("heading", name="What is kept about you")).to_be_visible()
    expect(page.get_by_text(re.compile("It is deleted with the class on"))).to_be_visible()
    page.get_by_text("Delete it", exact=True).click()
    page.get_by_label("Type your name here to confirm").fill("zoe quill")
    page.get_by_role("button", name="Delete everything about me").click()
    expect(page.get_by_role("heading", name="VRAM Lab")).to_be_visible()
    assert b"Zoe Quill" not in _held(server)
    open_page(page, server, "my_class")
    expect(page.get_by_text("You are not in a class.")).to_be_visible()
    _students(desk, server, "Own deletion")
    expect(desk.get_by_text("Nobody has joined yet.")).to_be_visible()


def test_the_teacher_renames_helps_takes_away_and_deletes_one_student(
    browser: Browser, server: AppServer, desk: Page
) -> None:
    open_page(desk, server, "teacher")
    code = open_class(desk, "Helping")
    page = student(browser, server, code, "Ada")
    student(browser, server, code, "Ben")
    _answer_q2(page, server)
    _students(desk, server, "Helping")
    _choose(desk, "Ada")

    desk.get_by_label("Another name").fill("BEN")
    desk.get_by_role("button", name="Rename").click()
    expect(desk.get_by_text("Somebody in this class is called BEN or nearly so.")).to_be_visible()
    desk.get_by_label("Another name").fill("Ada *Love*")
    desk.get_by_role("button", name="Rename").click()
    expect(desk.get_by_text("Renamed to Ada *Love*.")).to_be_visible()

    desk.get_by_role("button", name="New personal code").click()
    shown = desk.get_by_test_id("stCode").inner_text()
    desk.get_by_role("button", name="Hide it").click()
    expect(desk.get_by_test_id("stCode")).to_have_count(0)
    other = browser.new_context().new_page()
    open_page(other, server, f"join?me={shown.replace(' ', '')}")
    expect(other.get_by_text("This link belongs to Ada *Love* in Helping.")).to_be_visible()
    data = _taken(desk, "Download their data")
    assert data["person"]["handle"] == "Ada *Love*"
    assert data["answers"][0]["marking"]["correct_answers"] == ["vram_15", "disk_100"]

    desk.get_by_label("Type the name to delete this student").fill("Ben")
    desk.get_by_role("button", name="Delete with everything they did").click()
    expect(desk.get_by_text("Nobody was deleted: that is not Ada *Love*.")).to_be_visible()
    desk.get_by_label("Type the name to delete this student").fill("Ada *Love*")
    desk.get_by_role("button", name="Delete with everything they did").click()
    expect(desk.get_by_text("Ada *Love* was deleted.")).to_be_visible()
    assert data["person"]["id"].encode() not in _held(server)
    # The student's open page notices by itself, and is somebody without a class.
    expect(page.get_by_text("Your class")).to_have_count(0, timeout=40_000)


def test_the_last_day_is_set_and_the_class_is_deleted_by_its_title(
    browser: Browser, server: AppServer, desk: Page
) -> None:
    open_page(desk, server, "teacher")
    code = open_class(desk, "Short lived")
    student(browser, server, code, "Ada")
    _students(desk, server, "Short lived")
    desk.get_by_role("button", name="Set the day").click()
    expect(desk.get_by_text(re.compile(r"Deleted on \d\d \w+ \d{4}\."))).to_be_visible()
    desk.get_by_label("Type the title to delete the class").fill("Physics")
    desk.get_by_role("button", name="Delete the class").click()
    expect(desk.get_by_text("Nothing was deleted: that is not Short lived.")).to_be_visible()
    desk.get_by_label("Type the title to delete the class").fill("short lived")
    desk.get_by_role("button", name="Delete the class").click()
    expect(desk.get_by_role("heading", name="Classes")).to_be_visible()
    assert b"Short lived" not in _held(server)
    desk.get_by_role("link", name="Students").first.click()
    settled(desk)
    desk.get_by_text("In all classes of this installation").click()
    expect(desk.get_by_test_id("stException")).to_have_count(0)


def test_a_page_that_is_still_open_after_signing_out_changes_and_gives_nothing(
    browser: Browser, server: AppServer
) -> None:
    page = teacher(browser, server)
    code = open_class(page, "Signed out")
    student(browser, server, code, "Ada")
    _students(page, server, "Signed out")
    _choose(page, "Ada")
    second = page.context.new_page()
    open_page(second, server, "teacher")
    second.get_by_role("button", name="Sign out").click()
    expect(second.get_by_label("Passcode")).to_be_visible()
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.suggested_filename))
    page.get_by_role("button", name="Download their data").click()
    page.wait_for_timeout(1500)
    page.get_by_label("Type the name to delete this student").fill("Ada")
    page.get_by_role("button", name="Delete with everything they did").click()
    expect(page.get_by_text("This page is for teachers.")).to_be_visible()
    assert downloads == []
    assert _ask(server, "SELECT handle FROM people JOIN classes ON classes.id = class_id WHERE title = 'Signed out'")


def test_students_do_not_see_the_page(browser: Browser, server: AppServer) -> None:
    page = browser.new_context().new_page()
    open_page(page, server, "teacher_students")
    expect(page.get_by_text("This page is for teachers.")).to_be_visible()
    expect(page.get_by_text("Activity log")).to_have_count(0)
