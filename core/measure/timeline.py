"""Memory over time: readings at the borders of a run, and ten a second while nothing is timed to the token.

A reading costs about 13 microseconds on a CPU-only machine, so ten a second take about 0.01 % of one core. Even so the
thread is stopped during timed text; pictures are sampled from their own step callback instead.

    timeline = Timeline(meters)
    with timeline.sampling():
        load()
    timeline.points      # [{"t_s": 0.1, "process_rss_bytes": 412000000, …}, …]
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import perf_counter
from typing import Any

from core.measure.memory import METERS, Meters, Reading

INTERVAL_S = 0.1
MOST_POINTS = 600


class Timeline:
    """Readings with their time since the run's start, thinned so that a long run stays a short list.

    Args:
        told: is given every point as it is kept.
    """

    def __init__(self, meters: Meters, told: Callable[[dict[str, Any]], None] = lambda point: None) -> None:
        self.points: list[dict[str, Any]] = []
        self._told = told
        self._meters = meters
        self._start = perf_counter()
        self._interval_s = INTERVAL_S

    def add(self, reading: Reading) -> None:
        """Keep a reading that was taken anyway; meters that are not there are left out."""
        known = {meter: reading[meter] for meter in METERS if reading.get(meter) is not None}
        self.points.append({"t_s": round(perf_counter() - self._start, 4), **known})
        self._told(self.points[-1])
        if len(self.points) > MOST_POINTS:
            del self.points[1:-1:2]
            self._interval_s *= 2

    def sample(self) -> None:
        """Read now, unless the last point is younger than the interval."""
        last_s = self.points[-1]["t_s"] if self.points else -self._interval_s
        if perf_counter() - self._start - last_s >= self._interval_s:
            self.add(self._meters.read())

    @contextmanager
    def sampling(self) -> Iterator[None]:
        """Sample from a thread of its own until the block ends."""
        stop = Event()
        thread = Thread(target=self._until, args=(stop,), name="memory timeline", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _until(self, stop: Event) -> None:
        while not stop.wait(self._interval_s):
            self.sample()
