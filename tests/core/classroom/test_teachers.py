"""Who may see a class's answers: guessing is locked, a token works once, nothing but hashes is kept."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from core.classroom import teachers
from core.classroom.audit import lines
from core.classroom.people import secret_hash
from core.classroom.teachers import (
    KEPT_S,
    LOCK_S,
    TOKEN_S,
    TRIES_ALL,
    TRIES_EACH,
    SignInRefused,
    hashed,
    is_teacher,
    is_teacher_account,
    new_token,
    sign_in_with_passcode,
    sign_in_with_token,
    sign_out,
    unlock,
    ways,
)
from core.config import config
from core.store.database import session
from core.store.tables import AuditLine, OneTimeToken, TeacherSession
from tests.core.classroom.school import at_once, count

RIGHT = "correct horse battery staple"
DAY_S = 86_400


@pytest.fixture
def passcode(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation with a passcode, and a scrypt that takes no time."""
    monkeypatch.setattr(teachers, "SCRYPT", {"n": 2, "r": 1, "p": 1})
    monkeypatch.setenv("VRAM_LAB_TEACHER_PASSCODE", RIGHT)
    config.cache_clear()
    teachers._hash_of.cache_clear()
    return RIGHT


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passcodes that were compared at all."""
    seen: list[str] = []
    is_right = teachers._is_right

    def look(typed: str) -> bool:
        seen.append(typed)
        return is_right(typed)

    monkeypatch.setattr(teachers, "_is_right", look)
    return seen


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Lets time pass."""
    ahead, clock = [0.0], time.time

    def forward(seconds: float) -> None:
        ahead[0] += seconds

    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: clock() + ahead[0])
        yield forward


def guess(browser: str, typed: str) -> str:
    """What a try says; empty where it signs in."""
    try:
        sign_in_with_passcode(browser, typed)
    except SignInRefused as refused:
        return refused.message
    return ""


def is_in(browser: str) -> bool:
    with session() as opened:
        return is_teacher(opened, browser)


def events() -> list[str]:
    with session() as opened:
        return [line.event for line in lines(opened, newest=1000)]


def test_the_right_passcode_signs_one_browser_in(passcode: str) -> None:
    assert guess("laptop", RIGHT) == ""
    assert is_in("laptop") and not is_in("another")
    with session() as opened:
        (line,) = lines(opened)
    assert (line.event, line.details) == ("teacher_signed_in", {"way": "passcode"})


@pytest.mark.parametrize("typed", ["", " ", RIGHT.upper(), f" {RIGHT}", "' OR 1=1 --", "\x00", "ß" * 5000])
def test_anything_else_does_not(passcode: str, typed: str) -> None:
    assert guess("laptop", typed) == "This is not the passcode."
    assert not is_in("laptop")


def test_without_a_passcode_none_is_right(database: str) -> None:
    assert ways() == ("token",)
    for typed in ("", "x"):
        assert guess("laptop", typed) == "No passcode is set here."


def test_a_hash_stands_for_the_passcode(passcode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VRAM_LAB_TEACHER_PASSCODE", "")
    monkeypatch.setenv("VRAM_LAB_TEACHER_PASSCODE_HASH", hashed("other"))
    config.cache_clear()
    assert ways() == ("passcode",)
    assert guess("laptop", RIGHT) and guess("laptop", "other") == ""


@pytest.mark.parametrize("odd", ["other", "scrypt:x", "scrypt:%%%:x", "a:b:c:d"])
def test_a_hash_that_cannot_be_read_lets_nobody_in_and_says_so(
    passcode: str, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    monkeypatch.setenv("VRAM_LAB_TEACHER_PASSCODE_HASH", odd)
    config.cache_clear()
    assert "cannot be read" in guess("laptop", RIGHT) and not is_in("laptop")


def test_equal_passcodes_have_different_hashes_that_do_not_hold_them() -> None:
    one, other = hashed(RIGHT), hashed(RIGHT)
    assert one != other and one.startswith("scrypt:") and RIGHT not in one


def test_real_hashing_takes_memory_and_time() -> None:
    assert teachers.SCRYPT["n"] * teachers.SCRYPT["r"] * 128 >= 16 * 2**20


def test_a_browser_is_locked_after_its_wrong_passcodes_and_told_so(passcode: str, looked_at: list[str]) -> None:
    told = [guess("student", f"guess {number}") for number in range(TRIES_EACH + 3)]
    assert told[:TRIES_EACH] == ["This is not the passcode."] * TRIES_EACH
    assert all("too many wrong passcodes" in each for each in told[TRIES_EACH:])
    assert "too many wrong passcodes" in guess("student", RIGHT) and not is_in("student")
    assert guess("teacher", RIGHT) == ""
    assert len(looked_at) == TRIES_EACH + 1
    assert events().count("sign_in_locked") == 1


def test_ten_thousand_guesses_are_locked_after_thirty(passcode: str, looked_at: list[str]) -> None:
    assert guess("the teacher's own", RIGHT) == ""
    looked_at.clear()
    guesses = 10_000 if "sqlite" in config().url else 1_000
    told = [guess(f"browser {number % 97}", f"guess {number}") for number in range(guesses)]
    assert told.count("This is not the passcode.") == TRIES_ALL == len(looked_at)
    assert all("too many wrong passcodes" in each for each in told[TRIES_ALL:])
    assert "too many wrong passcodes" in guess("a new browser", RIGHT) and not is_in("a new browser")
    assert events().count("sign_in_locked") == 1 and events().count("sign_in_failed") == TRIES_ALL
    with session() as opened:
        sign_out(opened, "the teacher's own")
    assert guess("the teacher's own", RIGHT) == "" and is_in("the teacher's own")


def test_a_browser_that_signed_in_before_is_locked_by_its_own_guesses(passcode: str) -> None:
    assert guess("the teacher's own", RIGHT) == ""
    for number in range(TRIES_EACH):
        assert guess("the teacher's own", f"guess {number}") == "This is not the passcode."
    assert "too many" in guess("the teacher's own", RIGHT)


def test_guesses_at_once_are_no_more_than_guesses_after_each_other(passcode: str, looked_at: list[str]) -> None:
    outcomes = at_once(*(lambda n=number: guess("student", f"guess {n}") for number in range(12)))
    assert outcomes.count("This is not the passcode.") == TRIES_EACH == len(looked_at)


def test_many_browsers_at_once_are_no_more_than_all_together(passcode: str, looked_at: list[str]) -> None:
    def many(browser: int) -> list[str]:
        return [guess(f"browser {browser}.{number}", "guess") for number in range(10)]

    outcomes = at_once(*(lambda n=number: many(n) for number in range(5)))
    assert sum(told.count("This is not the passcode.") for told in outcomes) == TRIES_ALL == len(looked_at)


def test_the_lock_ends_though_somebody_goes_on(passcode: str, later: Callable[[float], None]) -> None:
    for number in range(TRIES_EACH):
        guess("student", f"guess {number}")
    for _ in range(10):
        later(LOCK_S / 11)
        assert "too many" in guess("student", "guess")
    later(LOCK_S / 11 + 1)
    assert guess("student", RIGHT) == ""


def test_a_right_passcode_forgets_the_wrong_ones_of_its_browser_only(passcode: str) -> None:
    for browser in ("teacher", "student"):
        for number in range(TRIES_EACH - 1):
            guess(browser, f"guess {number}")
    assert guess("teacher", RIGHT) == ""
    assert [guess("teacher", "typo") for _ in range(2)] == ["This is not the passcode."] * 2
    guess("student", "the fifth")
    assert "too many" in guess("student", RIGHT)


def test_guessing_on_while_locked_writes_nothing(passcode: str) -> None:
    for number in range(TRIES_EACH + 1):
        guess("student", f"guess {number}")
    with session() as opened:
        before = [line.id for line in lines(opened)]
    guess("student", RIGHT)
    with session() as opened:
        assert [line.id for line in lines(opened)] == before and not opened.new


def test_the_command_line_unlocks(passcode: str) -> None:
    for number in range(TRIES_ALL):
        guess(f"browser {number}", "guess")
    assert "too many" in guess("teacher", RIGHT)
    with session() as opened:
        unlock(opened)
    assert guess("teacher", RIGHT) == "" and "sign_in_unlocked" in events()


def test_no_line_holds_a_passcode_or_a_cookie(passcode: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        guess("cookie-of-a-student", "my-own-guess")
        guess("cookie-of-a-teacher", RIGHT)
    with session() as opened:
        kept = " ".join(str(line.details) for line in opened.scalars(select(AuditLine)))
        kept += " ".join(row.cookie_hash for row in opened.scalars(select(TeacherSession)))
    for secret in ("cookie-of-a-student", "my-own-guess", "cookie-of-a-teacher", RIGHT):
        assert secret not in kept and secret not in caplog.text


def test_signing_out_ends_it_and_is_noted(passcode: str) -> None:
    guess("laptop", RIGHT)
    with session() as opened:
        sign_out(opened, "laptop")
        sign_out(opened, "nobody")
    assert not is_in("laptop") and "teacher_signed_out" in events()


def test_a_sign_in_ends_after_its_hours(
    passcode: str, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VRAM_LAB_TEACHER_HOURS", "2")
    config.cache_clear()
    guess("laptop", RIGHT)
    later(2 * 3600 - 60)
    assert is_in("laptop")
    later(120)
    assert not is_in("laptop")
    assert guess("laptop", RIGHT) == "" and is_in("laptop")


def test_a_browser_is_known_for_a_season_only(passcode: str, later: Callable[[float], None]) -> None:
    guess("old laptop", RIGHT)
    later(KEPT_S + 60)
    guess("laptop", RIGHT)
    with session() as opened:
        assert [row.cookie_hash for row in opened.scalars(select(TeacherSession))] == [secret_hash("laptop")]


def token() -> str:
    with session() as opened:
        return new_token(opened)


def use(browser: str, typed: str) -> str:
    try:
        with session() as opened:
            sign_in_with_token(opened, browser, typed)
    except SignInRefused as refused:
        return refused.message
    return ""


def test_a_token_works_once(database: str) -> None:
    made = token()
    assert use("laptop", made) == "" and is_in("laptop")
    assert "spent" in use("another", made) and "spent" in use("laptop", made)
    assert not is_in("another") and count(OneTimeToken) == 0
    with session() as opened:
        assert [line.details for line in lines(opened)] == [{"way": "token"}]


def test_a_token_in_many_browsers_at_once_works_in_one(database: str) -> None:
    made = token()
    outcomes = at_once(*(lambda n=number: use(f"browser {n}", made) for number in range(6)))
    assert sorted(map(bool, outcomes)) == [False, *[True] * 5]
    assert sum(is_in(f"browser {number}") for number in range(6)) == 1


@pytest.mark.parametrize("typed", ["", "x", "%", "' OR 1=1 --", "\x00", "x" * 100_000])
def test_a_wrong_token_is_refused(database: str, typed: str) -> None:
    token()
    assert "not from this server" in use("laptop", typed) and count(OneTimeToken) == 1


def test_a_token_ends_after_a_day(database: str, later: Callable[[float], None]) -> None:
    old = token()
    later(TOKEN_S + 1)
    assert "too old" in use("laptop", old)
    token()
    assert count(OneTimeToken) == 1


def test_only_a_hash_of_the_token_is_kept(sqlite: str) -> None:
    made = token()
    with session() as opened:
        assert opened.scalars(select(OneTimeToken.token_hash)).all() == [secret_hash(made)]


@pytest.mark.parametrize(
    ("email", "is_verified", "is_known"),
    [
        ("ada@school.org", True, True),
        (" ADA@school.org ", True, True),
        ("ada@school.org", False, False),
        ("ada@school.org.evil.org", True, False),
        ("", True, False),
        (None, True, False),
    ],
)
def test_an_account_teaches_where_its_verified_address_is_listed(
    monkeypatch: pytest.MonkeyPatch, email: Any, is_verified: bool, is_known: bool
) -> None:
    monkeypatch.setenv("VRAM_LAB_TEACHERS", "Ada@school.org, ben@school.org")
    config.cache_clear()
    assert ways() == ("account",)
    assert is_teacher_account(email, is_verified) is is_known


def test_without_a_list_no_account_teaches() -> None:
    assert not is_teacher_account("ada@school.org", True) and not is_teacher_account("", True)
