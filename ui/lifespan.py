"""What happens once per server: the database is brought up to date, and the local workers start and stop with it.

Beside the pages a thread deletes the classes whose last day has come.
"""

import ctypes
import resource
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from core.classroom.privacy import Retention
from core.jobs.supervisor import Supervisor
from core.measure.machine import this_machine
from core.models.sources import hub_reachable
from core.store.database import migrate
from ui.teacher.console import print_token

MOST_OPEN_FILES = 65_536
M_ARENA_MAX, MOST_HEAPS = -8, 2
"""glibc's name for how many heaps the threads of a process may have, and what is taken here."""


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Start before the first visitor, stop after the last."""
    allow_open_files()
    share_heaps()
    migrate()
    print_token()
    # The first page would have to wait for the Hub's answer otherwise.
    threading.Thread(target=hub_reachable, daemon=True).start()
    supervisor, retention = Supervisor(this_machine()), Retention()
    supervisor.start()
    retention.start()
    try:
        yield {}
    finally:
        supervisor.stop()
        retention.stop()


def allow_open_files() -> None:
    """Raise this process's own limit of open files as far as the system lets it.

    A page takes four of them, and a closed tab three until its session is forgotten: the usual 1,024 would be used up
    by 160 students.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def share_heaps() -> None:
    """Let all threads take memory from two heaps, where the C library is glibc.

    Every draw of a page is a thread of its own. With the usual eight heaps per core each is left half empty, and the
    process grows while a class comes and goes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, MOST_HEAPS)
