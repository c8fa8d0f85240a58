"""A worker that Ray placed on a machine of its cluster, and what a machine is shared out into.

Each runs as a process of its own, as everywhere; a Ray actor keeps it alive, restarts it, and puts its jobs back.
When the actor or its machine dies, the lease of the job runs out and another worker takes it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.config import config
from core.jobs.process import shares_of
from core.jobs.supervisor import Supervisor
from core.measure.machine import this_machine


@dataclass(frozen=True)
class Share:
    """What one worker gets of a machine.

    Attributes:
        devices: what it takes jobs for, in its own view: Ray shows it its GPU alone, as `cuda:0`.
        cores: how many cores it computes on, its alone; 0 where it may use all.
    """

    devices: tuple[str, ...]
    cores: int = 0

    @property
    def gpus(self) -> int:
        return sum(device.startswith("cuda") for device in self.devices)


def shared_out(gpus: int, cpus: int, cores: int | None) -> list[Share]:
    """The workers of a machine of the cluster.

    Args:
        gpus: how many GPUs it offers.
        cpus: how many cores it offers.
        cores: a worker for the processor per so many cores; None: the first worker takes it as well.

    >>> [share.devices for share in shared_out(2, 8, None)]
    [('cpu', 'cuda:0'), ('cuda:0',)]
    """
    if cores is None:
        # Whichever GPU Ray gives a worker, it is the first one that it sees.
        seen = [tuple("cuda:0" if each != "cpu" else each for each in one) for one in shares_of(["cuda:0"] * gpus)]
        return [Share(devices) for devices in seen]
    return [*(Share(("cuda:0",)) for _ in range(gpus)), *(Share(("cpu",), cores) for _ in range(cpus // cores))]


class Place:
    """Made an actor by Ray; runs on the machine that its worker is on.

    Args:
        share: what its worker gets.
        number: which of the workers of its machine it is, from 0; its data folder and its cores are its own by it.
        beside: how many workers share the machine's memory.
        environment: the settings of the process that placed it.
        execute: `module:function` that runs a lab; for tests.
    """

    def __init__(self, share: Share, number: int, beside: int, environment: Mapping[str, str], execute: str) -> None:
        os.environ.update(environment)
        os.environ.pop("OMP_NUM_THREADS", None)  # Ray's own guess
        config.cache_clear()
        os.environ["VRAM_LAB_DATA_DIR"] = str(config().data_dir / f"ray-{number}")
        if not share.gpus:
            os.environ["VRAM_LAB_RESIDENT_SHARE"] = str(config().resident_share / beside)
        config.cache_clear()
        _keep_to(share.cores, number)
        self._supervisor = Supervisor(this_machine(), execute, is_local=True, shares=[share.devices], fetches=False)
        self._supervisor.start()

    def folder(self) -> Path:
        """Where its logs are; answers as long as it lives."""
        return config().data_dir

    def leave(self) -> None:
        """Let the worker put its job back and end."""
        self._supervisor.stop()


def _keep_to(cores: int, number: int) -> None:
    """Keep this process, and the worker that it starts, to cores of its own, where there are enough."""
    if cores and hasattr(os, "sched_setaffinity"):
        mine = sorted(os.sched_getaffinity(0))[number * cores : (number + 1) * cores]
        if len(mine) == cores:
            os.sched_setaffinity(0, mine)
