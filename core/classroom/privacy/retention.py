"""What a web process does beside its pages: delete what has had its day, and clean up after deletions.

    retention = Retention()
    retention.start()        # at once, then every hour, in a thread
    ...
    retention.stop()

Classes whose last day has come, old pictures and runs. Several web processes may do the same; each class is deleted by
one of them.
"""

import logging
import threading
import time

from sqlalchemy import exists, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.classroom.privacy.deletion import clean, delete_expired
from core.classroom.pruning import prune
from core.errors import LabError
from core.store.database import session
from core.store.erasing import AT_ONCE_BYTES
from core.store.tables import Answer, Job, Person, Run

EVERY_S = 3600.0
QUIET_S = 600.0
"""When nothing was done for so long, a large database may be held up for the seconds that cleaning it takes."""
_log = logging.getLogger(__name__)


class Retention:
    """A thread of its own; it ends with the process at the latest."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Begin with a first look at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end, and wait for a moment."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            look()
            if self._stopping.wait(self._every_s):
                return


def look() -> None:
    """Once: delete what is due, clean what is owed. What cannot be done now is tried again at the next look."""
    try:
        if count := delete_expired():
            _log.info("Deleted %d %s whose last day has come.", count, "class" if count == 1 else "classes")
        if any(pruned := prune(time.time())):
            _log.info("Deleted %d pictures and %d runs that are no longer kept.", pruned.pictures, pruned.runs)
        with session() as database:
            is_quiet = nothing_goes_on(database)
        clean(None if is_quiet else AT_ONCE_BYTES)
    except (DBAPIError, LabError, OSError) as error:
        _log.warning("What has had its day could not be deleted; it is tried again: %s", error)


def nothing_goes_on(database: Session) -> bool:
    """Whether nobody runs, waits, answers or is there."""
    since = time.time() - QUIET_S
    busy = (
        exists().where(Job.state.in_(("queued", "running"))),
        exists().where(Run.created_at > since),
        exists().where(Answer.created_at > since),
        exists().where(Person.seen_at > since),
    )
    return not any(database.scalar(select(one)) for one in busy)
