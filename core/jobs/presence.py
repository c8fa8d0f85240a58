"""Which workers are there: each keeps a row of its own, renewed with the heartbeat and removed when it leaves.

The pages read it to say "the worker is starting", the queue to tell how many share the waiting jobs, and the
supervisor to find what a former process left behind.
"""

import os
import socket
import time
from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.config import config
from core.store.tables import Worker


def served_devices(devices: Sequence[str]) -> list[str]:
    """The devices, and `cuda` (any GPU) where one of them is a GPU."""
    has_gpu = any(device.startswith("cuda") for device in devices)
    return [*devices, "cuda"] if has_gpu and "cuda" not in devices else list(devices)


def announce(session: Session, name: str, devices: Sequence[str]) -> None:
    """Say that this process is a worker for these devices."""
    now = time.time()
    row = Worker(name=name, host=socket.gethostname(), pid=os.getpid(), devices=list(devices), started_at=now)
    row.heartbeat_at = now
    session.merge(row)


def renew(session: Session, name: str) -> bool:
    """Say that the worker is still there; False where its row is gone."""
    renewed = update(Worker).where(Worker.name == name).values(heartbeat_at=time.time()).returning(Worker.name)
    return session.scalar(renewed.execution_options(synchronize_session=False)) is not None


def withdraw(session: Session, name: str) -> None:
    """Remove a worker that leaves or has ended."""
    session.execute(delete(Worker).where(Worker.name == name))


def present(session: Session, device: str | None = None) -> list[Worker]:
    """Workers heard of within the lease, those that take jobs for `device` if one is given."""
    since = time.time() - config().lease_s
    workers = session.scalars(select(Worker).where(Worker.heartbeat_at >= since).order_by(Worker.name))
    return [worker for worker in workers if device is None or device in worker.devices]


def forget_expired(session: Session, keep: Sequence[str] = ()) -> None:
    """Remove the rows of workers that were not heard of for ten leases, but for `keep`."""
    before = time.time() - 10 * config().lease_s
    session.execute(delete(Worker).where(Worker.heartbeat_at < before, Worker.name.not_in(keep)))
