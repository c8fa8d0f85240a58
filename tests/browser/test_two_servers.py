"""Two web processes on one database behave as one: classes, answers, what a teacher closes, and the sign-in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.classroom import PASSCODE, open_class, student, teacher, tick
from tests.browser.conftest import open_page
from tests.browser.server import AppServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[AppServer, AppServer]]:
    url = request.getfixturevalue("empty_postgres") if request.param == "postgres" else ""
    settings = {"VRAM_LAB_WORKERS": "external", "VRAM_LAB_TEACHER_PASSCODE": PASSCODE, "DATABASE_URL": url}
    both = AppServer(tmp_path / "app", **settings), AppServer(tmp_path / "app", **settings)
    for one in both:
        one.start()
    yield both
    for one in both:
        one.stop()


def test_what_one_process_takes_the_other_knows(browser: Browser, servers: tuple[AppServer, AppServer]) -> None:
    one, two = servers
    teaching = teacher(browser, one)
    # Both have one host, so a browser brings the same cookie to either port.
    open_page(teaching, two, "teacher")
    code = open_class(teaching)
    learning = student(browser, one, code, "Grace")
    open_page(learning, two, "q1")
    tick(learning, "a")
    expect(learning.get_by_text("2 attempts left", exact=False)).to_be_visible()
    open_page(learning, one, "q1")
    expect(learning.get_by_text("2 attempts left", exact=False)).to_be_visible()
    teaching.get_by_role("button", name="Close the class").click()
    expect(learning.get_by_text("your teacher opens it", exact=False)).to_be_visible(timeout=10_000)
