"""Between a running lab and the job's row: progress goes out, "stop now" comes in.

The lab's thread only writes into memory (microseconds); a thread beside it talks to the database, at most twice a
second, so that measuring is not disturbed. What the page finds in `Job.progress`:

    {"stage": "Generating", "step": 40, "steps": 100, "text": "Once upon", "bytes_per_s": None,
     "stage_started_at": 1763710000.1, "step_s": 0.17, "time_left_s": 10.2, "repeats_s": [18.0, 16.6],
     "preview": {"picture": "iVBORw0K…", "step": 22}, "rates": [[22, 6.1], [40, 5.9]], "repeat_rates": [],
     "rated_steps": 100, "limit_per_s": 14.2, "memory": {"now": 3100000000, "read_at": 1763710000.0, …},
     "values": {"name": "loss", "points": [[1, 1.08], [12, 0.41]]}}

`step_s` is the mean pace since the count of steps began. `time_left_s` counts to the end of the run, from the median of
earlier runs, or to the end of these steps, from their pace, where the run was never timed or goes on for longer than
that median. It is null where neither is known. `preview` is the picture as it looks now, a PNG or JPEG in base64, at
most 20 kB; null in runs that show none. `rates` are steps per second by the steps done, `limit_per_s` what the device
allows at most, null until it is measured. `values` are a figure that the lab follows, null where it follows none.
`memory` is what `core.measure.progress` says of it, at the last reading.

The time limit is the job's own where its workload was timed before. Else it grows with what the pace of the steps
foretells, so that a slow machine is no reason to stop a run that gets on. Downloads do not count against it, nor does
the time that a long run gives to others: it asks `others_wait` between two steps, and `give_way` works one short run
that waits. Afterwards it goes on for at least as long as that took.
"""

import base64
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError

from core.config import config
from core.errors import LabError, RunCancelled, RunTimedOut
from core.jobs import claiming, presence
from core.jobs.pace import Pace
from core.jobs.rates import Rates
from core.jobs.values import Values
from core.jobs.way import Way
from core.store.database import in_transaction, is_passing, session
from core.store.tables import Job

TICK_S = 0.25
TALK_S = 0.5
"""The database is read or written at most this often."""
LONGEST_TEXT = 8000
HARD_STOP_EXIT = 70
_log = logging.getLogger(__name__)


class JobProgress:
    """`core.measure.progress.Progress` for a job: keeps the latest report until the reporter takes it."""

    def __init__(self, expected_s: float | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._expected_s = expected_s
        self._started_at = clock()
        self._stage = ""
        self._stage_started_at = self._started_at
        self._pace = Pace(0, self._started_at, 0, 0, self._started_at)
        self._text: str | None = None
        self._bytes_per_s: float | None = None
        self._downloaded_s = 0.0
        self._downloading_since: float | None = None
        self._repeats_s: list[float] = []
        self._preview: dict[str, Any] | None = None
        self._rates = Rates()
        self._limit_per_s: float | None = None
        self._memory: dict[str, Any] = {}
        self._values: Values | None = None
        self._stop: LabError | None = None
        self.way = Way(clock)
        self.version = 0
        """Grows with every report, so that nothing is written twice."""

    def report(
        self,
        stage: str,
        step: int = 0,
        steps: int = 0,
        text: str | None = None,
        bytes_per_s: float | None = None,
    ) -> None:
        """Keep what the lab says; see `core.measure.progress`."""
        now, pace = self._clock(), self._pace
        if stage != self._stage:
            self._stage, self._stage_started_at = stage, now
        if pace.goes_on(step, steps):
            self._pace = Pace(pace.first_step, pace.began_at, step, steps, now)
        else:
            self._pace = Pace(step, now, step, steps, now)
            if steps:
                self._rates = Rates(steps)
        if steps and bytes_per_s is None:
            self._rates.reached(stage, step, now)
        if text is not None:
            self._text = text[-LONGEST_TEXT:]
        self._bytes_per_s = bytes_per_s
        self._downloaded_s = self.download_s
        self._downloading_since = None if bytes_per_s is None else now
        self.version += 1

    def landed(self, wall_s: float) -> None:
        """A timed repeat has ended; the page draws it at once."""
        self._repeats_s = [*self._repeats_s, wall_s]
        self._rates.land()
        self.version += 1

    def rate(self, per_s: float) -> None:
        """A rate that the lab itself gives; see `core.measure.progress`."""
        self._rates.told(per_s)

    def limit(self, steps_per_s: float) -> None:
        """What the device allows, as soon as it is measured."""
        self._limit_per_s = steps_per_s
        self.version += 1

    def memory(self, facts: dict[str, Any]) -> None:
        """The latest reading, and what was computed before."""
        self._memory = {**self._memory, **facts}
        if "now" in facts:
            self._memory["read_at"] = self._clock()
        self.version += 1

    def value(self, name: str, step: int, value: float) -> None:
        """A figure that the page draws as a line."""
        if self._values is None or self._values.name != name:
            self._values = Values(name)
        self._values.add(step, value)
        self.version += 1

    def others_wait(self) -> bool:
        """Whether to give way now; costs nothing, as the reporter's thread looks for those who wait."""
        return self.way.is_wanted()

    def give_way(self) -> int:
        """Work one short run that waits, where the worker can."""
        return self.way.give()

    def preview(self, picture: bytes, step: int) -> None:
        """The picture as it looks now; the page shows the latest one."""
        self._preview = {"picture": base64.b64encode(picture).decode("ascii"), "step": step}
        self.version += 1

    def check(self) -> None:
        """Raise what `stop` was given, if anything."""
        if self._stop is not None:
            raise self._stop

    def stop(self, reason: LabError) -> None:
        """Let the next `check` raise this. The first reason stays."""
        self._stop = self._stop or reason

    @property
    def download_s(self) -> float:
        """Seconds spent downloading so far."""
        since = self._downloading_since
        return self._downloaded_s + (0.0 if since is None else self._clock() - since)

    @property
    def left_s(self) -> float | None:
        """Seconds from the latest report to the end of its steps; None while downloading or before the second step."""
        return self._pace.left_s if self._downloading_since is None else None

    def as_json(self) -> dict[str, Any]:
        """What the page reads; see the module's docstring. Every call adds a point to the line of rates."""
        pace = self._pace
        self._rates.sample()
        return {
            "stage": self._stage,
            "step": pace.step,
            "steps": pace.steps,
            "text": self._text,
            "bytes_per_s": self._bytes_per_s,
            "stage_started_at": self._stage_started_at,
            "step_s": pace.step_s,
            "time_left_s": self._time_left(pace),
            "repeats_s": self._repeats_s,
            "preview": self._preview,
            "limit_per_s": self._limit_per_s,
            "memory": self._memory,
            "values": self._values and self._values.as_json(),
            **self._rates.as_json(),
        }

    def _time_left(self, pace: Pace) -> float | None:
        now = self._clock()
        steps_s = None if pace.left_s is None else max(0.0, pace.left_s - (now - pace.at))
        run_s = None if self._expected_s is None else self._started_at + self._expected_s - now
        if run_s is not None and run_s > (steps_s or 0.0):
            return run_s
        # Longer than expected, or never timed: only the pace of the steps says something.
        return steps_s


class Reporter:
    """A thread beside a running job. Use it as a context manager around the run."""

    def __init__(self, job: Job, worker: str, progress: JobProgress) -> None:
        self._job = job
        self._worker = worker
        self._progress = progress
        self._ended = threading.Event()
        self._started_at = time.monotonic()
        self._talked_at = self._renewed_at = self._started_at
        self._written = self._paced = 0
        self._limit_s = job.timeout_s
        self._thread = threading.Thread(target=self._run, name=f"reporter of {job.id}", daemon=True)

    def __enter__(self) -> "Reporter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(TICK_S):
            self._watch_time()
            if time.monotonic() - self._talked_at >= TALK_S:
                self._talk_patiently()

    def _watch_time(self) -> None:
        ran_s = time.monotonic() - self._started_at - self._progress.download_s - self._progress.way.given_s
        if self._job.expected_s is None:
            self._follow_pace(ran_s)
        if ran_s > self._limit_s:
            self._progress.stop(timed_out(self._limit_s))
        if ran_s > self._limit_s + config().hard_stop_s:
            self._end_process()

    def _follow_pace(self, ran_s: float) -> None:
        """Raise the limit to what the latest report foretells; without a new report (a run that hangs) it stays."""
        version, left_s = self._progress.version, self._progress.left_s
        if version != self._paced and left_s is not None:
            self._limit_s = max(self._limit_s, config().timeout_factor * (ran_s + left_s))
        self._paced = version

    def _talk_patiently(self) -> None:
        self._talked_at = time.monotonic()
        try:
            self._obey(self._talk())
        except DBAPIError as error:
            # The run goes on: the lease is long, and the next look may succeed.
            level = logging.WARNING if is_passing(error) else logging.ERROR
            _log.log(level, "The progress of job %s could not be written: %s", self._job.id, error)

    def _talk(self) -> claiming.Verdict:
        is_due = time.monotonic() - self._renewed_at >= config().heartbeat_s
        version = self._progress.version
        with session() as database:
            self._progress.way.look(database)
            if version == self._written and not is_due:
                return claiming.verdict(database, self._job.id, self._worker)
            if is_due:
                presence.renew(database, self._worker)
            answer = claiming.heartbeat(database, self._job.id, self._worker, self._progress.as_json())
        self._written = version
        if is_due:
            self._renewed_at = self._talked_at
        return answer

    def _obey(self, answer: claiming.Verdict) -> None:
        if answer == "cancel":
            self._progress.stop(RunCancelled("You stopped this run.", "Start it again when you like."))
        elif answer == "lost":
            self._progress.stop(RunCancelled("The run was given to another worker.", "Wait for that one."))

    def _end_process(self) -> None:
        """Nothing in this process can stop the run, so the process goes; the supervisor starts another."""
        _log.error("Job %s did not stop %.0f s after its time limit.", self._job.id, config().hard_stop_s)
        error = timed_out(self._limit_s).as_record()
        try:
            in_transaction(lambda database: claiming.fail(database, self._job.id, self._worker, error), patience_s=10)
        finally:
            os._exit(HARD_STOP_EXIT)


def timed_out(limit_s: float) -> RunTimedOut:
    """The error of a run that took longer than its limit."""
    return RunTimedOut(
        f"The run was stopped after its limit of {limit_s:.0f} s.",
        "Choose fewer steps or a smaller model, or ask whoever runs this app for a longer limit.",
    )
