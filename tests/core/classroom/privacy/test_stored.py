import io
import json
import zipfile
from typing import Any

import pytest
from sqlalchemy import select, update

from core.classroom import privacy
from core.classroom.classes import set_question
from core.classroom.people import secret_hash
from core.classroom.privacy.stored import KEPT_BACK, LEFT_OUT
from core.store.database import session
from core.store.tables import Answer, Base, Person
from tests.core.classroom.privacy.lives import Life, a_class, alone, member

KEY_OF_Q4 = "s_20_to_40"


def _stored(life: Life, with_keys: bool = False) -> dict[str, Any]:
    with session() as database:
        return privacy.stored_of(database, life.person_id, with_keys=with_keys)


def test_everything_of_a_person_is_there_as_plain_json(database: str) -> None:
    life = member(a_class("Physics 1"), "Zoe")
    stored = _stored(life)
    assert json.loads(json.dumps(stored)) == stored
    assert stored["person"]["handle"] == "Zoe" and stored["person"]["class"] == "Physics 1"
    assert stored["person"]["deleted_on"] > stored["person"]["created_at"]
    assert [row["choices"] for row in stored["predictions"]] == [["under_10_s"]]
    assert stored["jobs"][0]["settings"] == {"prompt": "Zoe asks"}
    assert stored["runs"][0]["record"]["notes"] == ["asked for by Zoe"]
    assert stored["answers"][0]["submitted_answers"] == ["under_10_s"]
    assert len(stored["marked_anew"]) == len(stored["browsers"]) == 1


def test_every_table_that_points_to_people_has_its_part(database: str) -> None:
    stored = _stored(member(a_class(), "Zoe"))
    tables = {
        table.name
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name in ("people", "runs", "answers") for key in table.foreign_keys)
    }
    parts = {**dict.fromkeys(stored, True), "regraded_answers": stored["marked_anew"]}
    parts["pictures"] = stored["runs"][0]["pictures"]
    assert not [name for name in tables if not parts.get(name)]


def test_every_column_is_there_but_for_hashes_and_who_it_is(database: str) -> None:
    life = member(a_class(), "Zoe")
    stored = _stored(life, with_keys=True)
    for name in ("jobs", "runs", "predictions", "answers", "uploads"):
        columns = set(Base.metadata.tables[name].columns.keys()) - LEFT_OUT
        assert columns <= set(stored[name][0]), name


def test_no_hash_and_nobody_else_is_in_it(database: str) -> None:
    room = a_class()
    life, other = member(room, "Zoe"), member(room, "Ben Oakwright")
    text = json.dumps(_stored(life))
    with session() as opened:
        resume_hash = opened.get_one(Person, life.person_id).resume_hash
    assert resume_hash and resume_hash not in text and secret_hash(life.cookie) not in text
    assert not [trace for trace in other.traces[:-2] if trace.decode() in text]


def test_the_key_of_a_question_that_can_still_be_answered_stays_back(database: str) -> None:
    life = member(a_class(), "Zoe")
    stored = _stored(life)
    (answer,), (regrade,) = stored["answers"], stored["marked_anew"]
    assert answer["score"] is answer["marking"]["score"] is None
    assert answer["score_reason"] == regrade["before"] == regrade["after"] == KEPT_BACK
    assert answer["marking"]["correct_answers"] == answer["marking"]["evidence"]["key"] == []
    assert KEY_OF_Q4 not in json.dumps(stored["answers"]) + json.dumps(stored["marked_anew"])


def test_the_key_is_there_once_the_question_is_closed_or_revealed_or_a_teacher_asks(database: str) -> None:
    room = a_class()
    done, shown, asked = member(room, "Zoe"), member(room, "Ben"), member(room, "Ida")
    with session() as opened:
        mine = opened.scalars(select(Answer).where(Answer.person_id == done.person_id)).one()
        opened.execute(update(Answer).where(Answer.id == mine.id).values(score=1.0))
        set_question(opened, room.id, "Q4", "open")
    assert _stored(done)["answers"][0]["marking"]["correct_answers"] == [KEY_OF_Q4]
    assert _stored(shown)["answers"][0]["marking"]["correct_answers"] == []
    assert _stored(asked, with_keys=True)["answers"][0]["marking"]["correct_answers"] == [KEY_OF_Q4]
    with session() as opened:
        set_question(opened, room.id, "Q4", "revealed")
    assert _stored(shown)["answers"][0]["marking"]["correct_answers"] == [KEY_OF_Q4]
    assert _stored(shown)["marked_anew"][0]["before"]["marking"]["correct_answers"] == [KEY_OF_Q4]


@pytest.mark.parametrize(("score", "is_shown"), [(0.0, False), (1.0, True)])
def test_of_a_question_that_the_bank_lost_the_key_is_there_if_it_was_right(
    database: str, score: float, is_shown: bool
) -> None:
    life = alone("Zoe")
    with session() as opened:
        mine = update(Answer).where(Answer.person_id == life.person_id)
        opened.execute(mine.values(question_id="Q99", score=score))
    assert bool(_stored(life)["answers"][0]["marking"]["correct_answers"]) is is_shown


def test_what_is_kept_is_counted(database: str) -> None:
    room = a_class("Physics 1")
    life = member(room, "Zoe")
    member(room, "Ben")
    with session() as opened:
        kept = privacy.kept_of(opened, life.person_id)
    assert (kept.class_title, kept.handle, kept.until) == ("Physics 1", "Zoe", room.keep_until)
    assert (kept.predictions, kept.answers, kept.runs, kept.pictures, kept.uploads, kept.browsers) == (1, 1, 1, 1, 1, 1)


def test_alone_there_is_no_class_and_no_last_day(database: str) -> None:
    life = alone("Zoe")
    with session() as opened:
        kept = privacy.kept_of(opened, life.person_id)
        person = privacy.stored_of(opened, life.person_id)["person"]
    assert (kept.class_title, kept.handle, kept.until) == (None, None, None)
    assert "class" not in person and "deleted_on" not in person and not person["has_personal_code"]


def test_the_archive_holds_the_data_and_the_pictures_that_it_names(database: str) -> None:
    life = member(a_class(), "Zoe")
    with session() as opened:
        files = zipfile.ZipFile(io.BytesIO(privacy.archive(opened, life.person_id)))
    data = json.loads(files.read("data.json"))
    named = [picture["file"] for run in data["runs"] for picture in run["pictures"]]
    named += [upload["file"] for upload in data["uploads"]]
    assert sorted(files.namelist()) == sorted(["data.json", *named])
    assert [files.read(name) for name in named] == [life.picture, life.upload]


def test_the_archive_of_somebody_who_did_nothing_is_small_and_whole(database: str, person: str) -> None:
    with session() as opened:
        files = zipfile.ZipFile(io.BytesIO(privacy.archive(opened, person)))
    assert files.namelist() == ["data.json"] and files.testzip() is None
