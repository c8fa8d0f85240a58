import os
import threading
from pathlib import Path

import pytest

from core.quiz.loading import current_bank, load_bank
from core.quiz.problems import BankErrors
from tests.core.quiz.examples import MINI


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bank.yaml"
    path.write_text(MINI)
    return path


def write(path: Path, text: str) -> None:
    """Write, and set a time of change that differs even within one tick of the clock."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def test_load_bank_raises_every_error_with_its_place(file: Path) -> None:
    write(file, MINI.replace("titel", "").replace("title: Fixed", "titel: Fixed").replace("unit: s", "unit: m"))
    with pytest.raises(BankErrors) as caught:
        load_bank(file)
    assert len(caught.value.problems) >= 2
    assert all(str(problem).startswith(str(file)) for problem in caught.value.problems)


def test_an_unchanged_file_is_not_read_again(file: Path) -> None:
    assert current_bank(file)[0] is current_bank(file)[0]


def test_a_changed_file_is_read_again(file: Path) -> None:
    before = current_bank(file)[0]
    write(file, MINI.replace("title: Fixed", "title: Changed"))
    after, errors = current_bank(file)
    assert (before.question("Q1").title, after.question("Q1").title, errors) == ("Fixed", "Changed", ())


def test_a_broken_bank_keeps_the_last_good_one_beside_its_errors(file: Path) -> None:
    good = current_bank(file)[0]
    write(file, MINI.replace("title: Fixed", "titel: Fixed"))
    bank, errors = current_bank(file)
    assert bank is good
    assert [error.where for error in errors if error.code == "extra_forbidden"] == ["Q1.titel"]


def test_a_repaired_bank_is_taken_and_its_errors_are_gone(file: Path) -> None:
    current_bank(file)
    write(file, "broken: [")
    assert current_bank(file)[1]
    write(file, MINI.replace("title: Fixed", "title: Repaired"))
    bank, errors = current_bank(file)
    assert (bank.question("Q1").title, errors) == ("Repaired", ())


def test_a_deleted_file_keeps_the_last_good_bank(file: Path) -> None:
    good = current_bank(file)[0]
    file.unlink()
    bank, errors = current_bank(file)
    assert bank is good and [error.message for error in errors] == ["there is no such file"]


def test_it_raises_only_when_there_never_was_a_good_bank(tmp_path: Path) -> None:
    path = tmp_path / "never.yaml"
    for _ in range(2):
        with pytest.raises(BankErrors, match="no such file"):
            current_bank(path)
    write(path, MINI)
    assert current_bank(path)[0].question("Q1").title == "Fixed"


def test_warnings_do_not_count_as_errors(file: Path) -> None:
    write(file, MINI.replace("    explanation: Because.\n  - id: Q2", "  - id: Q2"))
    assert current_bank(file)[1] == ()


def test_many_threads_get_the_same_bank(file: Path) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(id(current_bank(file)[0]))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12 and len(set(found)) == 1


def test_the_default_is_the_configured_bank() -> None:
    assert current_bank()[0].questions[0].id == "Q1"
