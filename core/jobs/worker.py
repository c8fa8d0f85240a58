"""A worker: claims a job, runs its lab, stores the result, and again.

    python -m core.jobs.worker --devices cpu,cuda:0

One per GPU, started by `core.jobs.supervisor` or by systemd. It keeps models loaded, as many as its budget holds, so
that their next run starts warm. When it has to leave (SIGTERM, an orderly end of its parent), it puts its job back into
the queue first; when its parent dies, it ends its job and leaves then.

`--execute module:function` replaces `core.runs.execution:execute`; tests use it to run without a model.
"""

import argparse
import faulthandler
import importlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from core.config import config
from core.errors import BadPicture, DeviceLost, LabError
from core.jobs import claiming, presence
from core.jobs.lifeline import watch_parent, watch_signals
from core.jobs.logs import log_to_file
from core.jobs.preloading import Preloading
from core.jobs.process import EXECUTE, FRESH_EXIT, new_name
from core.jobs.reporter import JobProgress, Reporter
from core.jobs.small_memory import keep_to_limit
from core.runs.quiet import prepare_environment
from core.store.database import in_transaction, is_full, migrate
from core.store.tables import Job, Upload

POLL_S = 0.25
STORE_PATIENCE_S = 120.0
IDLE_PATIENCE_S = 600.0
LEAVE_PATIENCE_S = 1.0
LEAVE_LIMIT_S = 1.5
UPLOAD = "upload:"
DISK_FULL = {
    "kind": "disk_full",
    "message": "The run came to its end, but the disk of this server is full: what it measured and drew is not kept.",
    "remedy": "Tell whoever runs this app. When there is room again, start the run again.",
}

LET_IN = "This run was let in between two steps of a training, whose network stayed in memory: every reading has it in."

Execute = Callable[..., claiming.Outcome]
_log = logging.getLogger(__name__)


class Worker:
    """The loop of one worker process.

    Args:
        devices: what it takes jobs for, as torch names them: `cpu`, `cuda:0`.
        name: unique among all workers there ever were.
        execute: runs a lab, with the signature of `core.runs.execution.execute`; imported at the first job if None.
        preloading: what it imports while nobody needs it.
    """

    def __init__(
        self,
        devices: Sequence[str],
        name: str | None = None,
        execute: Execute | None = None,
        preloading: Preloading | None = None,
    ) -> None:
        self.name = name or new_name(devices)
        self.devices = presence.served_devices(devices)
        self._execute = execute
        self._preloading = preloading
        self._resident: Any = None
        self._has_run = False
        self._device_is_lost = False
        self._renewed_at = 0.0
        self._is_working = self._is_orphan = False
        self._leaving = threading.Lock()

    def run_forever(self) -> int:
        """Work until a job needs a fresh process; gives the exit code."""
        in_transaction(lambda database: presence.announce(database, self.name, self.devices), IDLE_PATIENCE_S)
        _log.info("Worker %s is ready for %s.", self.name, ", ".join(self.devices))
        if self._preloading is not None:
            self._preloading.start()
        while True:
            job = self._next()
            if job is None:
                time.sleep(POLL_S)
            elif self._device_is_lost or (self._has_run and job.settings.get("fresh_process")):
                return self._make_way()
            else:
                self.work(job)
                self._is_working = False
                if self._is_orphan:
                    self.leave("the app died during its last job")

    def _next(self) -> Job | None:
        with self._leaving:
            job = in_transaction(self._look, IDLE_PATIENCE_S)
            self._is_working = job is not None
            return job

    def _look(self, database: Session) -> Job | None:
        if time.monotonic() - self._renewed_at >= config().heartbeat_s:
            if not presence.renew(database, self.name):
                presence.announce(database, self.name, self.devices)
            self._renewed_at = time.monotonic()
        if not claiming.is_waiting(database, self.devices):
            return None
        return claiming.claim(database, self.name, self.devices)

    def work(self, job: Job, is_let_in: bool = False) -> None:
        """Run one claimed job to its end, whatever that is.

        Args:
            is_let_in: it runs between two steps of another, to which the process goes back.
        """
        _log.info("Job %s: %s for %s, attempt %d.", job.id, job.lab, job.device, job.attempt)
        progress = JobProgress(job.expected_s)
        if not is_let_in:
            progress.way.is_short_waiting = lambda database: claiming.is_short_waiting(database, self.devices)
            progress.way.serve = self._let_one_in
        with Reporter(job, self.name, progress):
            progress.report("Starting")
            ending = self._run(job, progress, is_let_in)
        self._has_run = True
        kept = self._keep(job, ending)
        _log.info("Job %s: %s.", job.id, "stored" if kept else "lost to another worker, nothing stored")
        if self._resident is not None:
            _log.info("Loaded: %s.", self._resident.description or "nothing")

    def _let_one_in(self) -> int:
        """Work a short job that waits, while a long one stands still between two steps; gives how many that were."""
        short = in_transaction(
            lambda database: claiming.claim(database, self.name, self.devices, is_short=True), STORE_PATIENCE_S
        )
        if short is None:
            return 0
        self._has_run = True  # the long one has
        self.work(short, is_let_in=True)
        return 1

    def _keep(self, job: Job, ending: Callable[[Session], bool]) -> bool:
        try:
            return in_transaction(ending, STORE_PATIENCE_S, waits_for_disk=False)
        except (StatementError, LookupError, TypeError, ValueError) as error:
            # The record cannot be kept (a value that is not JSON, a missing field); its student has to hear of it.
            _log.exception("The result of job %s could not be stored.", job.id)
            record = DISK_FULL if isinstance(error, DBAPIError) and is_full(error) else _unforeseen(error)
            return in_transaction(lambda database: claiming.fail(database, job.id, self.name, record), STORE_PATIENCE_S)

    def _run(self, job: Job, progress: JobProgress, is_let_in: bool) -> Callable[[Session], bool]:
        """Execute the lab; gives what stores its end."""
        try:
            if self._preloading is not None and self._preloading.is_on:
                progress.report("Importing the libraries")
                self._preloading.stop()
            outcome = self._outcome(job, progress)
            self._device_is_lost = (outcome.record["error"] or {}).get("kind") == DeviceLost.kind
            if is_let_in:
                outcome.record["notes"].append(LET_IN)
        except LabError as error:
            record = error.as_record()
        except Exception as error:
            _log.exception("Job %s broke the worker's own code.", job.id)
            record = _unforeseen(error)
        else:
            return lambda database: self._store(database, job, outcome)
        return lambda database: claiming.fail(database, job.id, self.name, record)

    def _outcome(self, job: Job, progress: JobProgress) -> claiming.Outcome:
        execute = self._execute = self._execute or load_function(EXECUTE)
        return execute(
            job.lab,
            self._settings(job),
            progress,
            self._resident_model(),
            job_id=job.id,
            is_fresh=not self._has_run,
            picture=_picture(job),
        )

    def _settings(self, job: Job) -> dict[str, Any]:
        """The job's settings; a job for any GPU gets this worker's where that is not torch's first."""
        gpus = [device for device in self.devices if device.startswith("cuda:")]
        if job.settings.get("device") == "cuda" and gpus and gpus[0] != "cuda:0":
            return {**job.settings, "device": gpus[0]}
        return dict(job.settings)

    def _resident_model(self) -> Any:
        if self._resident is None:
            # Imported here: it may bring torch, and the worker is ready sooner without.
            from core.models.resident import Resident

            self._resident = Resident(config().resident_share)
        return self._resident

    def _store(self, database: Session, job: Job, outcome: claiming.Outcome) -> bool:
        return claiming.finish(database, job.id, self.name, outcome)

    def _make_way(self) -> int:
        """Put the job back and end; the supervisor starts a process that has run nothing."""
        in_transaction(self._give_back, STORE_PATIENCE_S)
        return FRESH_EXIT

    def _give_back(self, database: Session) -> list[str]:
        presence.withdraw(database, self.name)
        return claiming.release(database, self.name)

    def finish(self) -> None:
        """Leave when the running job has ended, at once where there is none; from whatever thread."""
        has_lock = self._leaving.acquire(timeout=LEAVE_PATIENCE_S)
        self._is_orphan, is_working = True, self._is_working
        if has_lock:
            self._leaving.release()
        if is_working:
            _log.info("Worker %s: the app died; this job is the last one.", self.name)
        else:
            self.leave("the app died")

    def leave(self, reason: str) -> None:
        """Put the job back and end this process at once, from whatever thread."""
        limit = threading.Timer(LEAVE_LIMIT_S, os._exit, (0,))
        limit.daemon = True
        limit.start()
        _log.info("Worker %s leaves: %s.", self.name, reason)
        self._leaving.acquire(timeout=LEAVE_PATIENCE_S)
        try:
            put_back = in_transaction(self._give_back, LEAVE_PATIENCE_S)
            _log.info("Put back: %s.", ", ".join(put_back) or "nothing")
        except DBAPIError:
            _log.exception("The job could not be put back; its lease will run out.")
        finally:
            os._exit(0)


def load_function(path: str) -> Execute:
    """The function that `module:function` names."""
    module, _, function = path.partition(":")
    found: Execute = getattr(importlib.import_module(module), function)
    return found


def _picture(job: Job) -> bytes | None:
    """The uploaded picture that the settings name; None where they name none."""
    name = str(job.settings.get("picture") or "")
    if not name.startswith(UPLOAD):
        return None
    wanted = select(Upload.png).where(Upload.id == name.removeprefix(UPLOAD), Upload.person_id == job.person_id)
    png = in_transaction(lambda database: database.scalar(wanted), STORE_PATIENCE_S)
    if png is None:
        raise BadPicture("Your uploaded picture is no longer there.", "Upload it again and start the run again.")
    return png


def _unforeseen(error: Exception) -> dict[str, str]:
    return {
        "kind": "worker_error",
        "message": f"The worker stopped on {type(error).__name__}: {error}",
        "remedy": "Start the run again. If it stays, the worker's log in the data folder's `logs` says where.",
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a worker from the command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.jobs.worker", description="Run the jobs in the queue.")
    parser.add_argument("--devices", default="cpu", help="what to take jobs for, e.g. cpu,cuda:0")
    parser.add_argument("--name", help="unique name; made up if missing")
    parser.add_argument("--watch-stdin", action="store_true", help="leave when standard input ends")
    parser.add_argument("--execute", default=EXECUTE, help="module:function that runs a lab (tests)")
    chosen = parser.parse_args(arguments)
    devices = chosen.devices.split(",")
    faulthandler.enable()
    # Before any of the heavy libraries is imported, by the preloading or by a lab: they read it while imported.
    prepare_environment()
    keep_to_limit(devices)
    log_to_file(devices)
    execute = None if chosen.execute == EXECUTE else load_function(chosen.execute)
    preloading = Preloading() if config().preload_libraries else None
    worker = Worker(devices, chosen.name, execute, preloading)
    watch_signals(worker.leave)
    if chosen.watch_stdin:
        watch_parent(worker.leave, worker.finish)
    migrate()
    return worker.run_forever()


if __name__ == "__main__":
    # Not sys.exit: a library's thread that does not end would keep the process, and the queue, waiting.
    os._exit(main())
