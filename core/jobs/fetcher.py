"""The process that fetches the weights that runs wait for, one model after the other, and ends when nobody waits.

    python -m core.jobs.fetcher

Started by `core.jobs.supervisor` when something is wanted. It needs no GPU and no torch, so the workers go on with the
runs whose weights are here. What arrives is kept when it has to leave, and the next one goes on from there.
"""

import argparse
import faulthandler
import logging
import os
import time
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from core.errors import LabError, RunCancelled
from core.jobs import downloads
from core.jobs.lifeline import watch_parent, watch_signals
from core.jobs.logs import log_to_file
from core.jobs.process import FETCHER, FRESH_EXIT
from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG
from core.models.hub import download
from core.store.database import in_transaction, is_passing, migrate, session

TALK_S = 1.0
"""The database hears of it this often."""
STORE_PATIENCE_S = 120.0
_log = logging.getLogger(__name__)


class FetchProgress(SilentProgress):
    """How far a download is: tells the database, and stops when nobody waits any more."""

    def __init__(self, model_id: str) -> None:
        self._model_id = model_id
        self._progress: dict[str, float | None] = {}
        self._told_at = 0.0

    def report(
        self, stage: str, step: int = 0, steps: int = 0, text: str | None = None, bytes_per_s: float | None = None
    ) -> None:
        """Keep how far it is."""
        self._progress = {"done_bytes": step, "total_bytes": steps, "bytes_per_s": bytes_per_s}

    def check(self) -> None:
        """Write it down, once in a while.

        Raises:
            RunCancelled: nobody waits for it any more.
        """
        if time.monotonic() - self._told_at < TALK_S:
            return
        self._told_at = time.monotonic()
        try:
            with session() as database:
                is_wanted = downloads.heard(database, self._model_id, self._progress)
        except DBAPIError as error:
            # The bytes come on without the database; the next look may reach it.
            level = logging.WARNING if is_passing(error) else logging.ERROR
            _log.log(level, "The progress of %s could not be written: %s", self._model_id, error)
            return
        if not is_wanted:
            raise RunCancelled("Nobody waits for this download any more.", "Ask for it again when you like.")


def fetch_all() -> None:
    """Fetch what is wanted, until nothing is."""
    while (model_id := in_transaction(downloads.next_wanted, STORE_PATIENCE_S)) is not None:
        _fetch(model_id)


def _fetch(model_id: str) -> None:
    _log.info("Fetching %s.", model_id)
    try:
        download(CATALOG[model_id], FetchProgress(model_id))
    except RunCancelled:
        _log.info("Nobody waits for %s any more.", model_id)
    except LabError as error:
        _log.warning("%s could not be fetched: %s", model_id, error.message, exc_info=True)
        record = error.as_record()
        in_transaction(lambda database: downloads.failed(database, model_id, record), STORE_PATIENCE_S)
    else:
        _log.info("%s is here.", model_id)
        in_transaction(lambda database: downloads.arrived(database, model_id), STORE_PATIENCE_S)


def leave(reason: str = "the app died") -> None:
    """End at once, from whatever thread: what has arrived is kept."""
    _log.info("The fetcher leaves: %s.", reason)
    os._exit(0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Start from the command line; gives the exit code that asks for the next process whenever it is needed."""
    parser = argparse.ArgumentParser(prog="python -m core.jobs.fetcher", description="Fetch the weights waited for.")
    parser.add_argument("--watch-stdin", action="store_true", help="leave when standard input ends")
    chosen = parser.parse_args(arguments)
    faulthandler.enable()
    log_to_file([FETCHER])
    watch_signals(leave)
    if chosen.watch_stdin:
        watch_parent(leave, leave)
    migrate()
    fetch_all()
    return FRESH_EXIT


if __name__ == "__main__":
    # Not sys.exit: a transfer's thread that waits for a server would keep the process.
    os._exit(main())
