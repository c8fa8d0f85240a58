"""What happens once per server: the database is brought up to date, and the local workers start and stop with it.

Beside the pages a thread deletes the classes whose last day has come.
"""

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


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Start before the first visitor, stop after the last."""
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
