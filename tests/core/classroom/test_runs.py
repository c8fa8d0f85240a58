import time

from core.classroom.classes import open_class
from core.classroom.runs import (
    all_runs,
    context_bytes,
    drew,
    finished_pictures,
    labs_that_drew,
    latest_run,
    pictures,
)
from core.store.database import session
from core.store.tables import Person, Picture, Run


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


def test_a_run_that_ended_with_previews_alone_drew_nothing(sqlite: str, person: str) -> None:
    with session() as database:
        for name, role in (("drawn", "picture"), ("painted", "result"), ("ended", "preview")):
            database.add(run(name, person, None))
            database.flush()
            database.add(Picture(run_id=name, index=0, role=role, details={}, png=b"png"))
        assert drew(database, ["drawn", "ended", "never"]) == {"drawn"}
        assert drew(database, ["drawn", "painted"]) == {"drawn", "painted"}


def test_a_gallery_holds_what_the_runs_were_made_for_the_newest_run_first(sqlite: str, person: str) -> None:
    with session() as database:
        for name, lab in (("old", "text_to_image"), ("new", "inpainting")):
            database.add(run(name, person, None, lab))
            database.flush()
            for index, role in enumerate(("original", "result", "result") if lab == "inpainting" else ("picture",)):
                database.add(Picture(run_id=name, index=index, role=role, details={}, png=b"png"))
            database.flush()
        found = finished_pictures(database, person, None, most=10)
        assert [(picture.run_id, picture.index, of.lab) for picture, of in found] == [
            ("new", 1, "inpainting"),
            ("new", 2, "inpainting"),
            ("old", 0, "text_to_image"),
        ]
        assert len(finished_pictures(database, person, None, most=1)) == 1
        assert [of.id for _, of in finished_pictures(database, person, "text_to_image", most=10)] == ["old"]
        assert labs_that_drew(database, person) == {"inpainting": 2, "text_to_image": 1}
        assert finished_pictures(database, "somebody else", None, most=10) == []


def test_made_up_runs_are_passed_over_where_cudas_own_share_is_sought(database: str, person: str) -> None:
    memory = {"baseline": {"device_used_bytes": 100}, "context": {"device_used_bytes": 350}}
    with session() as opened:
        room, other = open_class(opened, "Demo", is_demo=True), open_class(opened, "Real")
        members = {room.id: "made up", other.id: "real"}
        opened.add_all(Person(id=name, class_id=class_id, created_at=0.0) for class_id, name in members.items())
        opened.flush()
        opened.add_all(run(f"made up {number}", "made up", "Q5") for number in range(30))
    with session() as opened:
        assert context_bytes(opened) is None
        real = run("measured", "real", "Q5")
        real.created_at, real.record = time.time() - 3600, {"memory": memory, "device": {"type": "cuda"}}
        opened.add(real)
    with session() as opened:
        assert context_bytes(opened) == 250
        alone = run("alone", person, "Q5")
        alone.record = {"memory": memory | {"context": {"device_used_bytes": 400}}, "device": {"type": "cuda"}}
        opened.add(alone)
    with session() as opened:
        assert context_bytes(opened) == 300
