"""Threads that write to SQLite wait here for one another.

SQLite has one writer at a time. Whoever finds it taken sleeps and asks again, up to a tenth of a second each time and
in no order, so that under a class's load somebody asks in vain for seconds. A lock wakes the next one at once; other
processes are still waited for as SQLite does it. Where every statement is a transaction of its own the next one may
write as soon as the statement is done.
"""

import threading
from typing import Any

from sqlalchemy import Engine, event

READS = ("SELECT", "PRAGMA", "EXPLAIN", "WITH")
HOLDS = "holds_the_writer"


def queue_writers(engine: Engine, patience_s: float) -> None:
    """From its first write until it is given back, a connection of this engine is the only one that writes.

    Args:
        patience_s: who waited that long goes on, and SQLite says what it thinks of it.
    """
    writer = threading.Lock()

    def take(connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if HOLDS in connection.info or statement.lstrip().upper().startswith(READS):
            return
        if writer.acquire(timeout=patience_s):
            connection.info[HOLDS] = True

    def done(connection: Any, *_: object) -> None:
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            give_back(None, connection)

    def give_back(_: object, record: Any, *more: object) -> None:
        if record.info.pop(HOLDS, False):
            writer.release()

    event.listen(engine, "before_cursor_execute", take)
    event.listen(engine, "after_cursor_execute", done)
    event.listen(engine, "checkin", give_back)
    event.listen(engine, "invalidate", give_back)
