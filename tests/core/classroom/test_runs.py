import time

from core.classroom.runs import all_runs, latest_run, pictures
from core.store.database import session
from core.store.tables import Picture, Run


def run(run_id: str, person: str, question_id: str | None, lab: str = "text_to_image") -> Run:
    common = {"job_id": "j", "state": "finished", "record": {}, "created_at": time.time()}
    return Run(id=run_id, person_id=person, lab=lab, question_id=question_id, **common)


def test_a_page_sees_its_own_newest_run(sqlite: str, person: str) -> None:
    with session() as database:
        for run_id, question in (("a", "Q8"), ("b", "Q8"), ("c", "Q9"), ("d", None)):
            database.add(run(run_id, person, question))
            database.flush()
        found = [latest_run(database, person, "text_to_image", question) for question in ("Q8", "Q9", None, "Q10")]
        assert [each and each.id for each in found] == ["b", "c", "d", None]
        assert [each.id for each in all_runs(database, person)] == ["d", "c", "b", "a"]
        assert all_runs(database, "somebody else") == []


def test_pictures_come_in_the_order_in_which_they_were_made(sqlite: str, person: str) -> None:
    with session() as database:
        database.add(run("a", person, None))
        database.flush()
        for index in (2, 0, 1):
            database.add(Picture(run_id="a", index=index, role="picture", details={}, png=b""))
        database.flush()
        assert [picture.index for picture in pictures(database, "a")] == [0, 1, 2]
