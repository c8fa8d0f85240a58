"""Two worker processes for two (simulated) cards: a job for any of them goes to the free one, and fits it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.config import ROOT
from core.jobs import queue
from core.jobs.supervisor import Supervisor
from core.measure.machine import this_machine
from core.runs.parsing import parse_settings
from core.runs.planning import plan
from core.runs.registry import LABS
from core.store.database import session
from core.store.tables import Job, Run
from tests.core.jobs.waiting import wait_for_state
from tests.simulated_gpu import A100, T4, Driver

SITE = ROOT / "tests" / "simulated_gpu" / "site"
DTYPES = {T4.full_name: "float16", A100.full_name: "bfloat16"}
START_S = 120


def queued(person: str, device: str, tokens: int) -> str:
    """The id of a job as the page of the text lab would make it."""
    asked = {"device": device, "source": "embedded", "max_new_tokens": tokens}
    planned = plan(LABS["text_generation"], parse_settings(LABS["text_generation"], asked), this_machine())
    with session() as database:
        job = queue.submit(
            database,
            person_id=person,
            lab="text_generation",
            settings=planned.queued(),
            question_id=None,
            device=planned.settings.device,
            workload=planned.workload,
        )
    return job.id


def ended(job_id: str) -> tuple[Job, Run]:
    job = wait_for_state(job_id, "finished", "failed", limit_s=START_S)
    with session() as database:
        run = database.get(Run, job.run_id)
    assert run is not None and run.record["state"] == "finished", job.error
    return job, run


@pytest.fixture
def two_cards(sqlite: str, simulate: Callable[..., Driver], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SITE))
    monkeypatch.setenv("SIMULATED_GPUS", "T4,A100")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # both compute on one processor, where threads would wait for each other
    simulate(T4, A100)


def test_each_worker_takes_its_own_card_and_a_job_for_any_goes_to_the_free_one(
    two_cards: None, people: Callable[[int], list[str]], tmp_path: Path
) -> None:
    supervisor = Supervisor(this_machine())
    persons = people(3)
    jobs = [queued(persons[0], "cuda", 60), queued(persons[1], "cuda", 60), queued(persons[2], "cuda:1", 5)]
    supervisor.start()
    try:
        (first, one), (second, other), (_, named) = (ended(job) for job in jobs)
    finally:
        supervisor.stop()
    assert {one.record["device"]["name"], other.record["device"]["name"]} == set(DTYPES)
    assert first.started_at and second.started_at and first.finished_at and second.finished_at
    assert max(first.started_at, second.started_at) < min(first.finished_at, second.finished_at)
    assert named.record["device"] == {"type": "cuda", "name": A100.full_name, "index": 1}
    for run in (one, other, named):
        assert run.record["settings"]["dtype"] == DTYPES[run.record["device"]["name"]]
        memory = run.record["memory"]["after_load"]
        assert memory["allocated_bytes"] > 0 and memory["device_used_bytes"] > T4.context_bytes
