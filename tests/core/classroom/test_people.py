import hashlib
import threading
import time

import pytest
from sqlalchemy import func, select

from core.classroom.people import person_for_cookie, secret_hash, visitor
from core.store.database import session
from core.store.tables import Browser, Person, TeacherSession

COOKIE = "kq3w-a-long-random-value"


def test_the_same_cookie_is_the_same_person(database: str) -> None:
    with session() as opened:
        first = person_for_cookie(opened, COOKIE).id
    with session() as opened:
        assert person_for_cookie(opened, COOKIE).id == first
        assert person_for_cookie(opened, "another-random-value").id != first


def test_only_the_hash_of_the_cookie_is_kept(sqlite: str) -> None:
    with session() as opened:
        person = person_for_cookie(opened, COOKIE)
        browser = opened.scalars(select(Browser)).one()
        assert browser.person_id == person.id
        assert browser.cookie_hash == hashlib.sha256(COOKIE.encode()).hexdigest()


def test_an_empty_cookie_is_nobody(sqlite: str) -> None:
    with session() as opened, pytest.raises(ValueError, match="cookie is empty"):
        person_for_cookie(opened, "")


@pytest.mark.parametrize(("left_s", "is_signed_in"), [(None, False), (60, True), (-1, False)])
def test_a_visitor_is_the_person_and_whether_a_teacher_signed_in(
    database: str, left_s: float | None, is_signed_in: bool
) -> None:
    with session() as opened:
        first = visitor(opened, COOKIE)
        assert first[1] is False
        if left_s is not None:
            now = time.time()
            opened.add(TeacherSession(cookie_hash=secret_hash(COOKIE), signed_in_at=now - 60, expires_at=now + left_s))
            opened.flush()
        person, found = visitor(opened, COOKIE)
        assert (person.id, found) == (first[0].id, is_signed_in)
        assert visitor(opened, "another-random-value")[1] is False


def test_many_first_visits_at_once_make_one_person(database: str) -> None:
    found: list[str] = []
    start = threading.Barrier(8)

    def visit() -> None:
        start.wait()
        with session() as opened:
            found.append(person_for_cookie(opened, COOKIE).id)

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with session() as opened:
        assert opened.scalar(select(func.count()).select_from(Person)) == 1
    assert len(found) == 8 and len(set(found)) == 1
