import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from core.classroom import teachers
from core.classroom.classes import close_class, keep, open_class
from core.classroom.codes import spelled
from core.cli import main
from core.cli_classroom import LONGEST_TITLE
from core.config import ROOT, config
from core.store.database import HEAD, engine, revision, session
from core.store.tables import Class, Person


def _counts() -> tuple[int, ...]:
    """Classes and people."""
    with session() as database:
        return tuple(database.scalar(select(func.count()).select_from(table)) or 0 for table in (Class, Person))


def test_a_demo_class_is_made_and_all_are_removed(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo-class", "--students", "3", "--seed", "4", "--title", "To look at"]) == 0
    out, err = capsys.readouterr()
    with session() as opened:
        room = opened.scalars(select(Class)).one()
    assert (room.title, room.is_demo) == ("To look at", True) and _counts() == (1, 3)
    assert out.strip() == f"To look at: 3 students, class code {spelled(room.join_code)}, marked as demo data."
    assert "--remove" in err
    main(["demo-class", "--students", "1"])
    with session() as opened:
        open_class(opened, "Real")
    capsys.readouterr()
    assert main(["demo-class", "--remove"]) == 0
    assert capsys.readouterr().out == "Deleted 2 demo classes.\n"
    assert _counts() == (1, 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo-class", "--students", "0"], "--students 0 is not possible: take 1 to 2000"),
        (["demo-class", "--students", "9999"], "--students 9999 is not possible"),
        (["demo-class", "--students", "many"], "invalid int value"),
        (["demo-class", "--title", "  "], "--title '  ' is not possible"),
        (["demo-class", "--title", "x" * (LONGEST_TITLE + 1)], "is not possible"),
        (["classes", "--all"], "unrecognized arguments"),
        (["passcode", "sesame"], "unrecognized arguments"),
    ],
)
def test_a_wrong_command_exits_with_2_and_one_line(
    sqlite: str, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    err = capsys.readouterr().err
    assert caught.value.code == 2 and err.count("\n") == 1 and told in err and "Try: " in err
    assert _counts() == (0, 0)


def test_classes_are_listed_with_code_size_and_days(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["classes"])
    assert capsys.readouterr().out.splitlines() == ["TITLE  CODE  JOINED  OPENED  STATE  DELETED ON"]
    with session() as opened:
        first = open_class(opened, "Physics 1", keep_days=1)
        second = open_class(opened, "Botany", is_demo=True)
        opened.add(Person(id="p", class_id=first.id, handle="Zoe", handle_key="zoe", created_at=0.0))
        close_class(opened, first.id)
        keep(opened, second.id, None)
        second.created_at = time.time() + 1
    assert main(["classes"]) == 0
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()[1:]]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    today, tomorrow = (time.strftime("%Y-%m-%d", time.localtime(time.time() + day)) for day in (0, 86_400))
    assert cells == [
        ["Botany (demo)", spelled(second.join_code), "0", today, "open", "never"],
        ["Physics 1", spelled(first.join_code), "1", today, "closed", tomorrow],
    ]


def test_a_token_signs_one_teacher_in_once(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["teacher-token"]) == 0
    path, _, token = capsys.readouterr().out.strip().partition("?token=")
    assert path == "/teacher"
    with session() as opened:
        teachers.sign_in_with_token(opened, "a cookie", token)
        assert teachers.is_teacher(opened, "a cookie")
    with pytest.raises(teachers.SignInRefused), session() as opened:
        teachers.sign_in_with_token(opened, "another cookie", token)


@pytest.fixture
def passcode(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VRAM_LAB_TEACHER_PASSCODE", "sesame")
    config.cache_clear()
    yield
    config.cache_clear()


def test_after_too_many_wrong_passcodes_teachers_are_let_in_again(
    sqlite: str, passcode: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(teachers.TRIES_EACH + 1):
        with pytest.raises(teachers.SignInRefused):
            teachers.sign_in_with_passcode("a cookie", "wrong")
    with pytest.raises(teachers.SignInRefused, match="too many"):
        teachers.sign_in_with_passcode("a cookie", "sesame")
    assert main(["unlock-teacher"]) == 0
    assert capsys.readouterr().out == "Teachers can sign in again.\n"
    teachers.sign_in_with_passcode("a cookie", "sesame")


def test_a_passcode_is_asked_twice_and_its_hash_signs_in(
    sqlite: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _type(monkeypatch, "correct horse", "correct horse")
    assert main(["passcode"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("scrypt:") and out.count("\n") == 1 and "horse" not in out + err
    monkeypatch.setenv("VRAM_LAB_TEACHER_PASSCODE_HASH", out.strip())
    config.cache_clear()
    teachers.sign_in_with_passcode("a cookie", "correct horse")


@pytest.mark.parametrize(("typed", "told"), [(("a", "b"), "not the same"), (("", ""), "Nothing was typed")])
def test_two_different_passcodes_or_none_give_no_hash(
    typed: tuple[str, str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _type(monkeypatch, *typed)
    assert main(["passcode"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and told in err


def _type(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    left = list(lines)
    monkeypatch.setattr("core.cli_classroom.getpass", lambda prompt: left.pop(0))


def test_a_typed_passcode_is_not_shown_on_the_terminal() -> None:
    main_end, terminal = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "core", "passcode"],
        cwd=ROOT,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    for prompt in (b"Passcode: ", b"The same again: "):
        while prompt not in shown:
            shown += os.read(main_end, 1000)
        os.write(main_end, b"correct horse\n")
    out, _ = running.communicate(timeout=60)
    os.close(main_end)
    assert running.returncode == 0 and out.startswith(b"scrypt:") and b"horse" not in shown + out


def test_a_command_brings_an_empty_database_up_to_date(own_settings: object) -> None:
    assert main(["classes"]) == 0
    with engine().connect() as connection:
        assert revision(connection) == HEAD


def test_a_database_that_cannot_be_used_is_one_line(
    own_settings: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (config().data_dir / "vram_lab.sqlite").mkdir(parents=True)
    monkeypatch.setattr("core.store.database.MIGRATION_PATIENCE_S", 0.0)
    assert main(["classes"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "cannot be used: unable to open database file" in err
