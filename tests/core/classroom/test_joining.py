"""Into a class and back: one handle is one member, one personal code is one member, whoever comes at the same time."""

from typing import Any

import pytest
from sqlalchemy import select

from core.classroom.classes import BadClass, close_class, open_class, size
from core.classroom.codes import spelled
from core.classroom.handles import BadHandle
from core.classroom.joining import CannotResume, join, member_for_code, renew_personal_code, resume
from core.classroom.people import class_of, leave, person_for_cookie
from core.store.database import session
from core.store.tables import Browser, Class, Person
from tests.core.classroom.school import at_once, count, joined, opened_class


def who(cookie: str) -> str:
    """Whom a browser stands for."""
    with session() as opened:
        return person_for_cookie(opened, cookie).id


def test_joining_makes_a_member_with_the_handle_as_it_was_cleaned(database: str) -> None:
    room = opened_class()
    alone = who("browser of ada")
    with session() as opened:
        made = join(opened, "browser of ada", room.join_code.lower(), "  Ada\u200b  L. ")
    with session() as opened:
        person = opened.get_one(Person, made.person_id)
        assert (person.class_id, person.handle, person.handle_key) == (room.id, "Ada L.", "adal")
        assert person.seen_at is not None and made.person_id != alone
        assert opened.scalars(select(Browser)).one().alone_id == alone
    assert who("browser of ada") == made.person_id


def test_of_the_personal_code_only_a_hash_is_kept(sqlite: str) -> None:
    made = joined(opened_class(), "Ada")
    assert made.personal_code and len(made.personal_code) == 16
    with session() as opened:
        person = opened.get_one(Person, made.person_id)
        assert made.personal_code not in str(vars(person)) and person.resume_hash


@pytest.mark.parametrize("handle", ["", "\u200b", "x" * 33])
def test_a_bad_handle_joins_nobody(database: str, handle: str) -> None:
    room = opened_class()
    with pytest.raises(BadHandle):
        joined(room, handle)
    with session() as opened:
        assert size(opened, room.id) == 0


@pytest.mark.parametrize("other", ["Ada", "ADA", "a d a", "Adá", "\u0410da"])
def test_a_handle_that_looks_like_another_in_the_class_is_refused(database: str, other: str) -> None:
    room, elsewhere = opened_class(), opened_class("Other")
    joined(room, "Ada")
    with session() as opened, pytest.raises(BadHandle, match="or nearly so"):
        join(opened, "browser of somebody else", room.join_code, other)
    with session() as opened:
        assert join(opened, "browser of somebody else", elsewhere.join_code, other).personal_code
        assert size(opened, room.id) == 1


def test_joining_again_is_the_same_member_whatever_handle_is_typed(database: str) -> None:
    room = opened_class()
    first = joined(room, "Ada")
    with session() as opened:
        again = join(opened, "browser of Ada", room.join_code, "Somebody else")
        assert (again.person_id, again.personal_code) == (first.person_id, None)
        assert opened.get_one(Person, first.person_id).handle == "Ada"


def test_a_closed_class_lets_nobody_new_in_and_its_members_back(database: str) -> None:
    room = opened_class()
    made = joined(room, "Ada")
    with session() as opened:
        close_class(opened, room.id)
    with pytest.raises(BadClass, match="is closed"):
        joined(room, "Ben")
    with session() as opened:
        assert join(opened, "browser of Ada", room.join_code, "Ada").person_id == made.person_id
        assert resume(opened, "another browser", str(made.personal_code)).id == made.person_id


def test_a_personal_code_makes_another_browser_that_member(database: str) -> None:
    made = joined(opened_class(), "Ada")
    code = str(made.personal_code)
    for number, typed in enumerate((code, code.lower(), spelled(code), f" {code[:4]}-{code[4:]}\n")):
        with session() as opened:
            assert member_for_code(opened, typed).id == made.person_id
            assert resume(opened, f"browser {number}", typed).id == made.person_id
        assert who(f"browser {number}") == made.person_id


@pytest.mark.parametrize("code", ["", "AAAA AAAA AAAA AAAA", "%", "' OR '1'='1", "\x00", "K" * 100_000])
def test_a_wrong_personal_code_is_refused_and_changes_nobody(database: str, code: str) -> None:
    made = joined(opened_class(), "Ada")
    before = who("another browser")
    for use in (member_for_code, lambda opened, code: resume(opened, "another browser", code)):
        with session() as opened, pytest.raises(CannotResume, match="belongs to nobody"):
            use(opened, code)
    assert who("another browser") == before != made.person_id


def test_nobody_alone_can_be_resumed(database: str, person: str) -> None:
    with session() as opened:
        with pytest.raises(CannotResume, match="Only members"):
            renew_personal_code(opened, person)
        with pytest.raises(CannotResume):
            member_for_code(opened, "")


def test_a_new_personal_code_ends_the_one_before(database: str) -> None:
    made = joined(opened_class(), "Ada")
    with session() as opened:
        fresh = renew_personal_code(opened, made.person_id)
    with session() as opened:
        assert member_for_code(opened, fresh).id == made.person_id
        with pytest.raises(CannotResume):
            member_for_code(opened, str(made.personal_code))


def test_leaving_goes_back_to_who_one_was_alone_and_the_code_comes_back(database: str) -> None:
    room = opened_class()
    alone = who("browser of Ada")
    made = joined(room, "Ada")
    with session() as opened:
        assert leave(opened, "browser of Ada").id == alone
        assert class_of(opened, alone) is None
    with session() as opened:
        assert resume(opened, "browser of Ada", str(made.personal_code)).id == made.person_id
        assert leave(opened, "browser of Ada").id == alone


def test_a_second_class_is_another_member_and_leaving_it_goes_back_alone(database: str) -> None:
    rooms = opened_class("one"), opened_class("two")
    alone = who("browser of Ada")
    first, second = (joined(room, "Ada").person_id for room in rooms)
    assert first != second and who("browser of Ada") == second
    with session() as opened:
        assert leave(opened, "browser of Ada").id == alone


def test_an_account_is_the_same_member_on_every_device(database: str) -> None:
    room = opened_class()
    with session() as opened:
        first = join(opened, "laptop", room.join_code, "Ada", "issuer 1")
        second = join(opened, "phone", room.join_code, "Other name", "issuer 1")
        third = join(opened, "tablet", room.join_code, "Ben", "issuer 2")
        assert opened.get_one(Person, first.person_id).subject_hash != "issuer 1"
    assert second.person_id == first.person_id != third.person_id and second.personal_code is None


@pytest.mark.parametrize("subject", [None, ""])
def test_without_an_account_nobody_is_taken_for_somebody_else(database: str, subject: str | None) -> None:
    room = opened_class()
    with session() as opened:
        made = [join(opened, f"browser {name}", room.join_code, name, subject).person_id for name in ("Ada", "Ben")]
    assert len(set(made)) == 2


def test_the_same_account_in_two_classes_cannot_be_told_to_be_one(database: str) -> None:
    rooms = opened_class("one"), opened_class("two")
    with session() as opened:
        made = [join(opened, f"at {room.id}", room.join_code, "Ada", "issuer 1").person_id for room in rooms]
        assert len({opened.get_one(Person, name).subject_hash for name in made}) == 2


def test_of_many_who_join_at_once_with_one_handle_one_is_in(database: str) -> None:
    room = opened_class()

    def enter(number: int) -> Any:
        with session() as opened:
            return join(opened, f"browser {number}", room.join_code, ["Ada", "ada", "ADA", "A.d.a"][number % 4])

    outcomes = at_once(*(lambda n=number: enter(n) for number in range(8)))
    refused = [each for each in outcomes if isinstance(each, BadHandle)]
    assert len(refused) == 7, outcomes
    with session() as opened:
        assert size(opened, room.id) == 1


def test_many_with_names_of_their_own_are_all_in(database: str) -> None:
    room = opened_class()
    made = at_once(*(lambda n=number: joined(room, f"student {n}") for number in range(12)))
    assert len({each.person_id for each in made}) == len({each.personal_code for each in made}) == 12


def test_two_clicks_of_one_browser_at_once_are_one_member_or_a_refusal(database: str) -> None:
    room = opened_class()
    outcomes = at_once(*(lambda: joined(room, "Ada") for _ in range(4)))
    assert all(isinstance(each, BadHandle) or each.person_id == who("browser of Ada") for each in outcomes)
    with session() as opened:
        assert size(opened, room.id) == 1


def test_one_account_on_two_devices_at_once_is_one_member(database: str) -> None:
    room = opened_class()

    def enter(device: str) -> str:
        with session() as opened:
            return join(opened, device, room.join_code, "Ada", "issuer 1").person_id

    outcomes = at_once(*(lambda d=device: enter(d) for device in ("laptop", "phone", "tablet")))
    assert len(set(outcomes)) == 1
    assert {who(device) for device in ("laptop", "phone", "tablet")} == set(outcomes)


def test_a_class_that_was_deleted_lets_nobody_in(database: str) -> None:
    with session() as opened:
        room = open_class(opened, "Physics")
    with session() as opened:
        opened.delete(opened.get_one(Class, room.id))
    with pytest.raises(BadClass, match="No class here"):
        joined(room, "Ada")
    assert count(Class) == 0
