"""How much sooner two workers are through with a class's runs than one: placed by Ray, a core each, on PostgreSQL.

A Ray cluster of this machine gets a node with one core, then a second one; the workers keep to their own core. Twelve
students ask for a picture of the twin at one moment, which takes one thread and fits into a core's cache for the most
part. The ratio of a pair is one worker / two workers, of the time from the first start to the last end. Runs of the
full size would share the memory's bandwidth, and gain less. Aim: at least 1.8.
"""

import os
import tempfile
import time
import uuid
from contextlib import suppress
from typing import Any

from sqlalchemy import func, select

from bench.database_server import DatabaseServer
from core.config import config
from core.jobs import presence, queue
from core.jobs.cluster import Cluster
from core.measure.machine import this_machine
from core.measure.statistics import median_interval
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.registry import LABS
from core.store.database import migrate, session
from core.store.tables import Job, Person

STUDENTS, MOST_PAIRS = 12, 5
TARGET = 1.8
LAB = "text_to_image"
SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "num_inference_steps": 40, "repeats": 1}
NODE = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}
LIMIT_S = 900.0
LOOK_S = 0.1


def main(pairs: int, device: str) -> dict[str, object]:
    """At most five alternating pairs; `device` changes nothing.

    Raises:
        TimeoutError: workers or runs did not come.
    """
    from ray.cluster_utils import Cluster as Nodes

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with tempfile.TemporaryDirectory() as data_dir, DatabaseServer() as database:
        os.environ |= {"VRAM_LAB_DATA_DIR": data_dir, "DATABASE_URL": database.new_database()}
        config.cache_clear()  # this process may have read it before
        migrate()
        nodes = Nodes()
        _add(nodes)
        try:
            with Cluster(nodes.address, cores=1) as cluster:
                found = [_pair(nodes, cluster) for _ in range(min(pairs, MOST_PAIRS))]
        finally:
            nodes.shutdown()
    return summary(found)


def summary(found: list[tuple[float, float]]) -> dict[str, object]:
    """The figures of pairs of seconds: with one worker, with two."""
    ratios = [one / two for one, two in found]
    return {
        "what": f"{STUDENTS} runs of the picture twin: time with one worker / with two, a core each, placed by Ray",
        "settings": SETTINGS,
        "target": TARGET,
        "ratio": median_interval(ratios),
        "ratios": ratios,
        "one_worker_s": [one for one, _ in found],
        "two_workers_s": [two for _, two in found],
    }


def _pair(nodes: Any, cluster: Cluster) -> tuple[float, float]:
    """Seconds with one worker, and with a second one that comes and goes."""
    _wait_for_workers(cluster, 1)
    one_s = _worked_off(1)
    second = _add(nodes)
    _wait_for_workers(cluster, 2)
    two_s = _worked_off(2)
    nodes.remove_node(second)
    return one_s, two_s


def _add(nodes: Any) -> Any:
    """A node more; tried again, as Ray gives it half a minute to start."""
    for _ in range(2):
        with suppress(Exception):
            return nodes.add_node(**NODE)
    return nodes.add_node(**NODE)


def _wait_for_workers(cluster: Cluster, count: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while True:
        cluster.look()
        with session() as database:
            there = len(presence.present(database))
        if cluster.workers == there == count:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{there} workers came, {count} were wanted.")
        time.sleep(1.0)


def _worked_off(workers: int) -> float:
    """Seconds that all students' runs took; the libraries and the model were loaded before."""
    planned = plan(LABS[LAB], parse_settings(LABS[LAB], SETTINGS), this_machine())
    _ended([_submitted(planned) for _ in range(2 * workers)])
    jobs = _ended([_submitted(planned) for _ in range(STUDENTS)])
    if len({job.worker for job in jobs}) != workers:
        raise RuntimeError(f"The runs were made by {len({job.worker for job in jobs})} workers, not by {workers}.")
    return max(job.finished_at or 0.0 for job in jobs) - min(job.started_at or 0.0 for job in jobs)


def _submitted(planned: Plan) -> str:
    """The id of a run that a new student asked for."""
    with session() as database:
        person = Person(id=uuid.uuid4().hex, created_at=time.time())
        database.add(person)
        database.flush()
        job = queue.submit(
            database,
            person_id=person.id,
            lab=planned.lab,
            settings=planned.queued(),
            question_id=None,
            device=planned.settings.device,
            workload=planned.workload,
        )
        return job.id


def _ended(ids: list[str]) -> list[Job]:
    """The jobs, once all have finished.

    Raises:
        TimeoutError, RuntimeError: they did not end, or one failed.
    """
    deadline = time.monotonic() + LIMIT_S
    mine = Job.id.in_(ids)
    while time.monotonic() < deadline:
        with session() as database:
            open_jobs = database.scalar(
                select(func.count()).where(mine, Job.state.in_(("queued", "running"))).select_from(Job)
            )
            if not open_jobs:
                jobs = list(database.scalars(select(Job).where(mine)))
                if failed := [job.error for job in jobs if job.state != "finished"]:
                    raise RuntimeError(f"A run failed: {failed[0]}")
                return jobs
        time.sleep(LOOK_S)
    raise TimeoutError(f"{open_jobs} runs had not ended after {LIMIT_S:.0f} s.")
