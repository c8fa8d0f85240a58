"""What a server costs while visitors use it: resident memory, and shares of one core, its own and everybody else's."""

import asyncio
import time
from contextlib import suppress
from types import TracebackType

import psutil

EVERY_S = 1.0


class Usage:
    """Watches the processes of a server within `async with`, from the event loop that plays the visitors.

    Attributes:
        rss_mb: the largest resident set of one process that was seen, in 10^6 bytes.
        server_share: processor time of all of them as a share of one core.
        visitors_share: the same of this process.
        others_share: the same of everything else on the machine; more than a little spoils the figures.
    """

    def __init__(self, *processes: psutil.Process) -> None:
        self.rss_mb = self.server_share = self.visitors_share = self.others_share = 0.0
        self._processes = processes
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Usage":
        self._begin, self._at = time.perf_counter(), self._seconds()
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        with suppress(psutil.NoSuchProcess):
            self._look()
            wall_s = time.perf_counter() - self._begin
            server, visitors, machine = (now - at for now, at in zip(self._seconds(), self._at, strict=True))
            self.server_share, self.visitors_share = server / wall_s, visitors / wall_s
            self.others_share = max(0.0, machine - server - visitors) / wall_s

    def _seconds(self) -> tuple[float, float, float]:
        own, machine = [process.cpu_times() for process in self._processes], psutil.cpu_times()
        busy = sum(machine) - machine.idle - getattr(machine, "iowait", 0.0) - getattr(machine, "guest", 0.0)
        return sum(each.user + each.system for each in own), time.process_time(), busy

    async def _watch(self) -> None:
        while True:
            with suppress(psutil.NoSuchProcess):
                self._look()
            await asyncio.sleep(EVERY_S)

    def _look(self) -> None:
        largest = max(process.memory_info().rss for process in self._processes)
        self.rss_mb = max(self.rss_mb, largest / 1e6)

    def figures(self) -> dict[str, float]:
        """All four, rounded."""
        return {
            "rss_mb": round(self.rss_mb, 1),
            "server_share_of_a_core": round(self.server_share, 3),
            "visitors_share_of_a_core": round(self.visitors_share, 3),
            "others_share_of_a_core": round(self.others_share, 3),
        }
