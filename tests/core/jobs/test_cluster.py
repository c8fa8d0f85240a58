"""Workers placed by Ray: a cluster of two nodes on this machine, on a real PostgreSQL."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest

from core.cli import main
from core.config import ROOT, config
from core.jobs import placed
from core.jobs.cluster import Cluster, ClusterUnusable
from core.jobs.placed import Place, Share, shared_out
from core.store.database import session
from core.store.tables import Job, Worker
from tests.core.jobs.waiting import submitted, wait_for, wait_for_state

EXECUTE = "tests.core.jobs.fake_lab:execute"
START_S = 300
SMALL = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Ray cluster of two nodes, a core each."""
    pytest.importorskip("ray", reason="Ray is not installed: make ray")
    from ray.cluster_utils import Cluster as Nodes

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("VRAM_LAB_LEASE_S", "3")
    monkeypatch.setenv("VRAM_LAB_HEARTBEAT_S", "0.5")
    made = Nodes()
    try:
        for _ in range(2):
            made.other = added(made)
        yield made
    finally:
        made.shutdown()


def added(made: Any) -> Any:
    """One node more; tried three times, as Ray gives a busy machine half a minute to start it."""
    for _ in range(2):
        with suppress(Exception):
            return made.add_node(**SMALL)
    return made.add_node(**SMALL)


@pytest.fixture
def cluster(nodes: Any, postgres: str) -> Iterator[Cluster]:
    with Cluster(nodes.address, cores=1, execute=EXECUTE) as running:
        yield running


def workers() -> dict[str, int]:
    """Every worker that is there, with its process."""
    with session() as database:
        return {worker.name: worker.pid for worker in database.query(Worker)}


def node_of(pid: int) -> str:
    """Which node's folder a worker's keeper belongs to: by the raylet that started it."""
    for parent in psutil.Process(pid).parents():
        if parent.name() == "raylet":
            return str(parent.pid)
    raise AssertionError(f"{pid} was not started by Ray")


def started(jobs: list[str]) -> dict[str, Job]:
    with session() as database:
        return {job: database.get_one(Job, job) for job in jobs}


def test_a_machine_is_shared_out_by_gpus_or_by_cores() -> None:
    assert [share.devices for share in shared_out(0, 8, None)] == [("cpu",)]
    assert [share.devices for share in shared_out(2, 8, None)] == [("cpu", "cuda:0"), ("cuda:0",)]
    assert [(share.devices, share.cores, share.gpus) for share in shared_out(1, 5, 2)] == [
        (("cuda:0",), 0, 1),
        (("cpu",), 2, 0),
        (("cpu",), 2, 0),
    ]


def test_sqlite_is_refused_with_the_reason(sqlite: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["workers", "--ray", "auto"]) == 1
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {signal.SIGTERM, signal.SIGINT}
    told = capsys.readouterr().err
    assert "its locks do not hold over a network" in told and "postgresql+psycopg://" in told
    for wrong in (["--cores", "1"], ["--ray", "auto", "--cores", "0"]):
        with pytest.raises(SystemExit):
            main(["workers", *wrong])


def test_without_ray_or_a_cluster_it_is_said_what_to_do(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: make ray")
    with pytest.raises(ClusterUnusable, match=r"no Ray cluster at 127\.0\.0\.1:9") as refused:
        Cluster("127.0.0.1:9")
    assert "ray start --head" in refused.value.remedy
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterUnusable, match="not installed"):
        Cluster("auto")


def test_a_node_that_dies_costs_no_run_and_the_rest_goes_on(
    nodes: Any, cluster: Cluster, people: Callable[[int], list[str]]
) -> None:
    assert len(cluster.look()) == 2 and cluster.workers == 2
    wait_for(lambda: len(workers()) == 2, START_S)
    persons = people(3)
    jobs = [submitted(person, steps=100, step_s=0.1) for person in persons[:2]]
    wait_for(lambda: all(job.state == "running" for job in started(jobs).values()), START_S)
    with_worker = {str(job.worker): job.id for job in started(jobs).values()}
    assert len(with_worker) == 2
    processes = workers()
    raylets = {name: node_of(pid) for name, pid in processes.items()}
    assert len(set(raylets.values())) == 2
    other_raylet = str(nodes.other.all_processes["raylet"][0].process.pid)
    lost = next(name for name, raylet in raylets.items() if raylet == other_raylet)
    kept = next(name for name in processes if name != lost)
    nodes.remove_node(nodes.other, allow_graceful=False)
    os.kill(processes[lost], signal.SIGKILL)  # a machine takes everything with it
    told: list[str] = []
    wait_for(lambda: told.extend(cluster.look()) or cluster.workers == 1, START_S)
    assert any("ended" in line for line in told)
    undisturbed = wait_for_state(with_worker[kept], "finished", "failed", limit_s=START_S)
    moved = wait_for_state(with_worker[lost], "finished", "failed", limit_s=START_S)
    assert (undisturbed.state, undisturbed.attempt, undisturbed.worker) == ("finished", 1, kept)
    assert (moved.state, moved.attempt, moved.worker) == ("finished", 2, kept)
    wait_for_state(submitted(persons[2]), "finished", limit_s=START_S)
    added(nodes)
    wait_for(lambda: bool(cluster.look()), START_S)
    wait_for(lambda: len(workers()) >= 2 and cluster.workers == 2, START_S)


def test_a_run_that_takes_its_worker_down_twice_is_lost_and_the_next_works(
    cluster: Cluster, people: Callable[[int], list[str]]
) -> None:
    cluster.look()
    persons = people(2)
    lost = wait_for_state(submitted(persons[0], do="die"), "failed", limit_s=START_S)
    assert lost.error is not None and lost.error["kind"] == "worker_lost"
    wait_for_state(submitted(persons[1]), "finished", limit_s=START_S)


def test_the_command_places_workers_on_cores_of_their_own_and_takes_them_away(nodes: Any, postgres: str) -> None:
    command = [sys.executable, "-m", "core", "workers", "--ray", nodes.address, "--cores", "1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: len(workers()) == 2, START_S)
        cores = [psutil.Process(pid).cpu_affinity() for pid in workers().values()]
        assert sorted(map(len, cores)) == [1, 1] and cores[0] != cores[1]
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0 and said.count("worker") >= 2
        assert workers() == {}
    finally:
        process.kill()


class Kept:
    """In the place of a supervisor: what it was made with."""

    def __init__(self, machine: object, execute: str, **how: object) -> None:
        self.how, self.is_running = how, False

    def start(self) -> None:
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False


@pytest.mark.parametrize("share", [Share(("cuda:0",)), Share(("cpu",), 2), Share(("cpu",), 1000)])
def test_a_place_has_a_folder_cores_and_a_part_of_the_memory(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"VRAM_LAB_RESIDENT_SHARE": "0.5", "OMP_NUM_THREADS": "7", "VRAM_LAB_KEEP_DAYS": "9"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(placed, "Supervisor", Kept)
    cores: list[list[int]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, mine: cores.append(list(mine)))
    home = config().data_dir
    monkeypatch.setenv("VRAM_LAB_DATA_DIR", str(home))  # so that it is what it was in the end
    place = Place(share, number=1, beside=4, environment={"VRAM_LAB_KEEP_DAYS": "5"}, execute="a:b")
    assert place.folder() == home / "ray-1" and config().keep_days == 5 and "OMP_NUM_THREADS" not in os.environ
    assert config().resident_share == (0.5 if share.gpus else 0.125)
    assert cores == ([[2, 3]] if share.cores == 2 else [])
    kept: Any = place._supervisor
    assert kept.how == {"is_local": True, "shares": [share.devices], "fetches": False} and kept.is_running
    place.leave()
    assert not kept.is_running
