"""Attacks on the teacher's sign-in through the page, and what of all secrets is written down: nothing."""

import asyncio
import re
from collections.abc import Iterator

import pytest

from core.classroom import teachers
from core.classroom.audit import lines
from core.config import Config
from core.store.database import session
from tests.browser.attacker import Attacker, Browser, attacked, play, use_database_of
from tests.browser.classroom import PASSCODE
from tests.browser.server import AppServer
from tests.core.classroom.school import opened_class

PASSCODE_FIELD, BUTTON = "Passcode", "Sign in"
TOKEN_BUTTON = "Sign in with the token of this link"
WRONG, LOCKED = "This is not the passcode", "too many wrong passcodes"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with attacked(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(autouse=True)
def its_database(server: AppServer, own_settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    use_database_of(server, monkeypatch)
    with session() as database:
        teachers.unlock(database)


async def tries(server: AppServer, browser: Browser, *typed: str) -> list[str]:
    """What the sign-in page says to each passcode; empty where it signs in."""
    page, told = await Attacker(server.port, browser.sent).visit("teacher"), []
    for passcode in typed:
        await page.press(BUTTON, **{PASSCODE_FIELD: passcode})
        told.append(" ".join(page.page.alerts))
    await page.leave()
    return told


def is_in(browser: Browser) -> bool:
    with session() as database:
        return teachers.is_teacher(database, browser.value)


def test_guessing_through_the_page_is_locked_and_says_so(server: AppServer) -> None:
    own = Browser()
    assert play(tries(server, own, PASSCODE)) == [""] and is_in(own)
    guesses = [f"guess {number}" for number in range(teachers.TRIES_EACH + 1)]
    told = [play(tries(server, Browser(), *guesses)) for _ in range(7)]
    assert all(WRONG in each for each in told[0][: teachers.TRIES_EACH]) and LOCKED in told[0][-1]
    assert sum(WRONG in each for browser in told for each in browser) == teachers.TRIES_ALL
    stranger = Browser()
    assert LOCKED in play(tries(server, stranger, PASSCODE))[0] and not is_in(stranger)
    with session() as database:
        assert [line.event for line in lines(database)].count(teachers.LOCKED) == 1
        teachers.sign_out(database, own.value)
    assert play(tries(server, own, PASSCODE)) == [""] and is_in(own)


ODD = ["", " ", "\x00", "' OR '1'='1", "<script>", "{0}", "ß" * 5000, "x" * 1_000_000]


def test_an_odd_passcode_is_a_wrong_one(server: AppServer) -> None:
    for typed in ODD:
        browser = Browser()
        assert WRONG in play(tries(server, browser, typed))[0] and not is_in(browser)


def test_a_token_signs_one_of_many_browsers_in_and_a_forged_one_none(own_settings: Config) -> None:
    with attacked(own_settings.data_dir, VRAM_LAB_TEACHER_PASSCODE="") as fresh, pytest.MonkeyPatch.context() as patch:
        use_database_of(fresh, patch)
        token = re.search(r"teacher\?token=(\S+)", (fresh.data_dir / "server.log").read_text())
        assert token is not None
        browsers = [Browser() for _ in range(4)]

        async def story() -> list[str]:
            pages = [await Attacker(fresh.port, each.sent).visit("teacher", f"token={token[1]}") for each in browsers]
            assert not any(map(is_in, browsers)), "opening a link is no sign-in"
            await asyncio.gather(*(page.press(TOKEN_BUTTON) for page in pages))
            forged = await Attacker(fresh.port).visit("teacher", "token=forged")
            await forged.press(TOKEN_BUTTON)
            return forged.page.alerts

        alerts = play(story())
        assert sum(map(is_in, browsers)) == 1
        assert any("not from this server" in alert for alert in alerts)
        with session() as database:
            assert [line.event for line in lines(database)].count("teacher_signed_in") == 1


def test_no_log_and_no_database_holds_a_cookie_a_code_or_a_passcode(server: AppServer) -> None:
    room, teacher, student, guesser = opened_class("Physics"), Browser(), Browser(), Browser()
    code = student.join(room, "Ada").personal_code
    assert code is not None

    async def story() -> None:
        await tries(server, teacher, PASSCODE)
        await tries(server, guesser, "my secret guess")
        for browser in (teacher, student, guesser):
            for path, query in (("", ""), ("q1", ""), ("my_class", ""), ("teacher", ""), ("join", f"me={code}")):
                page = await Attacker(server.port, browser.sent).visit(path, query)
                await page.leave()

    play(story())
    held = b"".join(path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file())
    assert b"Physics" in held and (server.data_dir / "server.log").is_file()
    for secret in (teacher.value, student.value, guesser.value, code, PASSCODE, "my secret guess"):
        assert secret.encode() not in held
