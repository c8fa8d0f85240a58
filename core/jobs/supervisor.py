"""Keeps the workers of this machine alive, one per GPU; the first also owns the CPU.

    supervisor = Supervisor(this_machine())
    supervisor.start()      # returns at once
    ...
    supervisor.stop()       # the workers put their jobs back and leave

A worker that ended is started again, its job is put back at once. When this process dies, a run that is going on
comes to its end, and its worker leaves then; the next supervisor starts another in the meantime. A worker that no
longer renews its lease is ended. Several web processes on one `data_dir` agree by a lock who runs the workers; the
others take over when that one ends.
A further process fetches weights while runs wait for some (`core.jobs.fetcher`).
With `workers = "external"` no worker is started, but lost jobs are still put back; `python -m core workers` runs them.
"""

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil
from filelock import FileLock, Timeout
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from core.config import ROOT, config
from core.jobs import claiming, downloads, presence
from core.jobs.process import EXECUTE, FETCHER, FRESH_EXIT, LEAVE, label, new_name, shares_of
from core.measure.machine import Machine
from core.store.database import session
from core.store.tables import Worker

LOOK_S = 0.2
TIDY_S = 3.0
STOP_S = 5.0
ASK_S = 0.5
"""How often it is asked whether weights are wanted."""
FETCHER_DEATHS = 3
FETCHER_LOST = {
    "kind": "weights_unavailable",
    "message": f"The process that fetches weights ended {FETCHER_DEATHS} times at once.",
    "remedy": "Look into `logs/worker-downloads.log` in the data folder, or take dummy weights meanwhile.",
}
QUICK_DEATH_S = 10.0
"""A worker that ended within this time of its start is started again with growing pauses."""
LONGEST_PAUSE_S = 30.0
OUTPUT_BYTES = 1_000_000
_log = logging.getLogger(__name__)


@dataclass
class Child:
    """One worker process and when to start the next one in its place."""

    devices: tuple[str, ...]
    execute: str
    process: "subprocess.Popen[bytes] | None" = None
    name: str = ""
    started_at: float = 0.0
    quick_deaths: int = 0
    start_at: float = field(default_factory=time.monotonic)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process. Its standard input stays open as long as this process lives."""
        self.name = new_name(self.devices)
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        with _output(self.devices) as output:
            self.process = subprocess.Popen(
                self._command(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": path},
                # Ctrl-C in the terminal is for the app, which then closes the pipe.
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        _log.info("Worker %s started as process %d.", self.name, self.process.pid)

    def _command(self) -> list[str]:
        if self.devices == (FETCHER,):
            return [sys.executable, "-m", "core.jobs.fetcher", "--watch-stdin"]
        command = [sys.executable, "-m", "core.jobs.worker", "--watch-stdin", "--name", self.name]
        return [*command, "--devices", ",".join(self.devices), "--execute", self.execute]

    def ended(self, code: int) -> None:
        """Decide when to start the next one: at once, or after a pause that grows while they end quickly."""
        self.close()
        self.process = None
        is_quick = code != FRESH_EXIT and time.monotonic() - self.started_at < QUICK_DEATH_S
        self.quick_deaths = self.quick_deaths + 1 if is_quick else 0
        pause_s = min(LONGEST_PAUSE_S, 2.0 ** (self.quick_deaths - 2)) if self.quick_deaths > 1 else 0.0
        self.start_at = time.monotonic() + pause_s
        _log.info("Worker %s ended with %d; the next one starts in %.0f s.", self.name, code, pause_s)

    def close(self) -> None:
        """Tell the worker to leave, and close the pipe; of one that has ended only the pipe is left."""
        if self.process is not None and self.process.stdin is not None:
            with suppress(BrokenPipeError), self.process.stdin as pipe:
                pipe.write(LEAVE)


class Supervisor:
    """Starts, watches and stops the workers of one machine.

    Args:
        machine: what `core.measure.machine.this_machine` found; decides how many workers there are.
        execute: `module:function` that the workers run labs with; for tests.
        is_local: whether workers are started; as the configuration says where it is None.
        shares: the devices of each worker; one per GPU where it is None, the first also with the CPU.
        fetches: whether weights are fetched; where workers are started if it is None.
    """

    def __init__(
        self,
        machine: Machine,
        execute: str = EXECUTE,
        is_local: bool | None = None,
        shares: Sequence[tuple[str, ...]] | None = None,
        fetches: bool | None = None,
    ) -> None:
        is_local = config().workers == "local" if is_local is None else is_local
        shares = shares_of(machine.gpu_names) if shares is None else shares
        self._children = [Child(devices, execute) for devices in shares] if is_local else []
        self._fetches = is_local if fetches is None else fetches
        self._fetcher = Child((FETCHER,), execute)
        # Who starts no process leaves the lock to those who do.
        name = "supervisor.lock" if is_local or self._fetches else "tidying.lock"
        self._lock = FileLock(config().data_dir / "locks" / name, thread_local=False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._asked_at = 0.0
        self._tidied_at, self._clock_at = time.monotonic(), time.time()
        self._patient_until = 0.0

    def start(self) -> None:
        """Begin, in a thread; the workers are ready about a second later."""
        self._thread.start()

    def stop(self) -> None:
        """Let the workers put their jobs back and leave; returns when they have."""
        self._stopping.set()
        self._thread.join()
        children = [*self._children, self._fetcher]
        for child in children:
            child.close()
        deadline = time.monotonic() + STOP_S
        for child in children:
            self._see_off(child, deadline)
        self._lock.release()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except (DBAPIError, OSError):
                _log.exception("The workers could not be looked after; trying again.")
                self._stopping.wait(TIDY_S)
            self._stopping.wait(LOOK_S)

    def _look(self) -> None:
        if not self._has_lock():
            self._stopping.wait(TIDY_S)
            return
        for child in self._children:
            self._look_after(child)
        if self._fetches:
            self._look_after_downloads()
        if time.monotonic() - self._tidied_at >= TIDY_S:
            self._tidy()

    def _has_lock(self) -> bool:
        """Whether this process runs the workers of this `data_dir`; tried again until it does."""
        if self._lock.is_locked:
            return True
        try:
            Path(self._lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        put_back_orphans()
        return True

    def _look_after_downloads(self) -> None:
        """Start the process that fetches weights when something is wanted; it ends by itself."""
        if not self._is_due(self._fetcher) or time.monotonic() - self._asked_at < ASK_S:
            return
        self._asked_at = time.monotonic()
        with session() as database:
            is_wanted = downloads.is_any(database)
        if is_wanted and self._fetcher.quick_deaths >= FETCHER_DEATHS:
            self._fetcher.quick_deaths = 0
            with session() as database:
                for model_id in downloads.all_arriving(database):
                    downloads.failed(database, model_id, FETCHER_LOST)
        elif is_wanted:
            self._fetcher.start()

    def _look_after(self, child: Child) -> None:
        if self._is_due(child):
            child.start()

    def _is_due(self, child: Child) -> bool:
        """Whether a process may be started in its place; one that has ended is seen off first."""
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return False
            _forget(child.name)
            child.ended(code)
        return time.monotonic() >= child.start_at and not self._stopping.is_set()

    def _tidy(self) -> None:
        """End workers that stopped renewing their lease, put back whatever job has none."""
        if self._has_slept() or time.monotonic() < self._patient_until:
            return
        with session() as database:
            present = {worker.name for worker in presence.present(database)}
            known = set(database.scalars(select(Worker.name)))
        for child in self._children:
            if child.is_alive and child.name in known - present and child.process is not None:
                _log.error("Worker %s has not renewed its lease; ending it.", child.name)
                child.process.kill()
        with session() as database:
            claiming.requeue_expired(database)
            presence.forget_expired(database, [child.name for child in self._children])

    def _has_slept(self) -> bool:
        """Whether this process, the computer or its clock made a leap: leases then look old until they are renewed."""
        now, clock = time.monotonic(), time.time()
        passed_s, told_s = now - self._tidied_at, clock - self._clock_at
        self._tidied_at, self._clock_at = now, clock
        allowed_s = TIDY_S + config().lease_s / 2
        if passed_s <= allowed_s and abs(told_s) <= allowed_s:
            return False
        _log.warning("The clock says that %.0f s passed, %.0f s did; the workers renew their leases.", told_s, passed_s)
        self._patient_until = now + 2 * config().heartbeat_s
        return True

    def _see_off(self, child: Child, deadline: float) -> None:
        if child.process is None:
            return
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _log.error("Worker %s did not leave; ending it.", child.name)
            child.process.kill()
            child.process.wait()
        with session() as database:
            claiming.release(database, child.name)
            presence.withdraw(database, child.name)


def put_back_orphans() -> None:
    """Put back the jobs of this host's workers that no longer run."""
    with session() as database:
        here = database.scalars(select(Worker).where(Worker.host == socket.gethostname())).all()
    for worker in here:
        if not _is_worker(worker.pid):
            _forget(worker.name)


def _forget(name: str) -> None:
    with session() as database:
        lost = claiming.requeue_lost(database, name)
        presence.withdraw(database, name)
    if lost:
        _log.warning("Worker %s ended during %s.", name, ", ".join(lost))


def _is_worker(pid: int) -> bool:
    """Whether the process runs and is a worker; the number may have gone to another program."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and "core.jobs.worker" in process.cmdline()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _output(devices: tuple[str, ...]) -> IO[bytes]:
    """Where a worker's libraries print to: a file beside its log, begun anew when it has grown long."""
    folder = config().data_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"worker-{label(devices)}.output.log"
    is_long = path.exists() and path.stat().st_size > OUTPUT_BYTES
    return path.open("wb" if is_long else "ab")
