from core.classroom.uploads import KEPT, SEVERAL, keep_upload, latest_upload
from core.store.database import session
from core.store.tables import Upload


def test_the_newest_picture_is_used_and_old_ones_go(sqlite: str, person: str) -> None:
    with session() as database:
        assert latest_upload(database, person) is None
        ids = [keep_upload(database, person, bytes([number])) for number in range(KEPT + 3)]
        assert latest_upload(database, person) == ids[-1]
        assert database.query(Upload).count() == KEPT


def test_nobody_elses_pictures_are_touched(sqlite: str, people: object) -> None:
    first, second = people(2)  # type: ignore[operator]
    with session() as database:
        mine = keep_upload(database, first, b"mine")
        for number in range(KEPT + 1):
            keep_upload(database, second, bytes([number]))
        assert latest_upload(database, first) == mine


def test_several_pictures_in_one_are_not_offered_as_a_single_one(sqlite: str, person: str) -> None:
    with session() as database:
        single = keep_upload(database, person, b"one")
        several = keep_upload(database, person, b"a strip", several=True)
        assert several.startswith(SEVERAL) and len(several) == len(single) == 32
        assert latest_upload(database, person) == single
