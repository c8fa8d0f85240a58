"""Places workers on the machines of a Ray cluster, and keeps them placed while machines come and go.

    with Cluster("auto") as cluster:
        while not ended():
            cluster.look()

Ray only says where workers run. Who runs what, and when, is the queue's to say, in the PostgreSQL database that all of
them share. Every machine has this project in the same folder, and Ray.
"""

import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import make_url

from core.config import ROOT, config
from core.errors import LabError
from core.jobs.placed import Place, Share, shared_out
from core.jobs.process import EXECUTE
from core.jobs.supervisor import STOP_S

PASSED_ON = ("DATABASE_URL", "VRAM_LAB_", "HF_")
ANSWER_S = 5.0
LEAVE_S = STOP_S + 10.0
_log = logging.getLogger(__name__)


class ClusterUnusable(LabError):
    """Workers cannot be placed by Ray here."""

    kind = "cluster_unusable"


@dataclass
class Placed:
    """A worker that was placed.

    Attributes:
        node: the node's id in the cluster, and `index` which of its shares the worker has.
        host: the machine's name, and `number` which of all its workers this is.
        actor: Ray's handle, and `call` the call under way that tells whether it lives.
    """

    node: str
    index: int
    host: str
    number: int
    actor: Any
    call: Any


class Cluster:
    """The workers of a cluster. To be used in a `with` block, which lets them put their jobs back in the end.

    Args:
        address: as Ray takes it: `auto` on a machine of the cluster, or `host:port` of its head.
        cores: a worker per so many cores; None: one per GPU, and one for a machine without any.
        execute: `module:function` that runs a lab; for tests.

    Raises:
        ClusterUnusable: no PostgreSQL, no Ray, or no cluster at this address.
    """

    def __init__(self, address: str, cores: int | None = None, execute: str = EXECUTE) -> None:
        _refuse_sqlite()
        self._ray = _ray()
        self._cores, self._execute = cores, execute
        self._placed: list[Placed] = []
        _refuse_silent(address)
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        try:
            self._ray.init(
                address=address,
                namespace="vram-lab",
                runtime_env={"env_vars": {"PYTHONPATH": path}},
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, OSError, RuntimeError, ValueError) as error:
            raise _no_cluster(address, error) from error

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *args: object) -> None:
        leaving = [placed.actor.leave.remote() for placed in self._placed]
        if leaving:
            self._ray.wait(leaving, num_returns=len(leaving), timeout=LEAVE_S)
        self._ray.shutdown()

    @property
    def workers(self) -> int:
        """How many workers are placed."""
        return len(self._placed)

    def look(self) -> list[str]:
        """Place what is missing, forget what died; gives a line for each change."""
        alive = {node["NodeID"]: node for node in self._ray.nodes() if node["Alive"]}
        lost = [placed for placed in self._placed if placed.node not in alive or not self._answers(placed)]
        self._placed = [placed for placed in self._placed if placed not in lost]
        told = [f"{placed.host}: worker {placed.number} ended." for placed in lost]
        for node in alive.values():
            told += self._fill(node)
        return told

    def _answers(self, placed: Placed) -> bool:
        """False once a call to the worker's actor has failed; one call is always under way."""
        done, _ = self._ray.wait([placed.call], timeout=0)
        if not done:
            return True
        try:
            self._ray.get(placed.call)
        except self._ray.exceptions.RayError as error:
            _log.warning("Worker %d of %s: %s", placed.number, placed.host, error)
            return False
        placed.call = placed.actor.folder.remote()
        return True

    def _fill(self, node: Mapping[str, Any]) -> list[str]:
        """Place the workers that this node lacks."""
        name, host, offers = str(node["NodeID"]), str(node["NodeManagerHostname"]), node["Resources"]
        shares = shared_out(int(offers.get("GPU", 0)), int(offers.get("CPU", 0)), self._cores)
        told = []
        for index, share in enumerate(shares):
            if any((placed.node, placed.index) == (name, index) for placed in self._placed):
                continue
            taken = {placed.number for placed in self._placed if placed.host == host}
            number = next(number for number in count() if number not in taken)
            actor = self._actor(name, share, number, len(shares))
            self._placed.append(Placed(name, index, host, number, actor, actor.folder.remote()))
            told.append(f"{host}: worker {number} for {', '.join(share.devices)}.")
        return told

    def _actor(self, node: str, share: Share, number: int, beside: int) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        # The database's address is an argument: Ray shows an environment to everybody who sees its pages.
        environment = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
        strategy = NodeAffinitySchedulingStrategy(node, soft=False)
        actor = self._ray.remote(num_cpus=share.cores, num_gpus=share.gpus)(Place)
        return actor.options(scheduling_strategy=strategy).remote(share, number, beside, environment, self._execute)


def _refuse_silent(address: str) -> None:
    """Ray itself tries for minutes where nobody answers."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host.rpartition("//")[2], int(port)), timeout=ANSWER_S).close()
        except OSError as error:
            raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> ClusterUnusable:
    return ClusterUnusable(
        f"There is no Ray cluster at {address}: {error}",
        "Start one on the first machine by `ray start --head`, on the others by `ray start --address …`, and run this "
        "on one of them.",
    )


def _refuse_sqlite() -> None:
    if make_url(config().url).get_backend_name() == "sqlite":
        raise ClusterUnusable(
            "The database is SQLite, a file on this machine: workers of other machines cannot share it, since its "
            "locks do not hold over a network.",
            "Set DATABASE_URL to a PostgreSQL that every machine reaches: postgresql+psycopg://…",
        )


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise ClusterUnusable("Ray is not installed here.", "Install it on every machine: make ray") from error
    return ray
