"""A `streamlit run` of its own, and what it costs: resident memory and processor time."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

import psutil

PAUSE_S = 0.02


class Server:
    """The web process of one app, on a free port of this machine; it keeps its port when it is started again.

    Args:
        app: the script that `streamlit run` takes.
        environment: set for this process, beside what is set already.
        log: file that takes what it prints; without it nobody reads it.
    """

    def __init__(self, app: Path, environment: Mapping[str, str] | None = None, log: Path | None = None) -> None:
        self.port = free_port()
        self._app = app
        self._environment = {**os.environ, **(environment or {})}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: it ended before.
        """
        command = [sys.executable, "-m", "streamlit", "run", str(self._app), "--server.port", str(self.port)]
        output: IO[bytes] | int = self._log.open("ab") if self._log else subprocess.DEVNULL
        self._process = subprocess.Popen(
            [*command, "--server.headless", "true"],
            cwd=self._app.parent,
            env=self._environment,
            stdout=output,
            stderr=output,
        )
        while not self.is_healthy:
            if self._process.poll() is not None:
                raise RuntimeError(f"streamlit ended with {self._process.returncode} before it answered")
            time.sleep(PAUSE_S)

    def stop(self) -> None:
        """Ask it to end, as Ctrl+C does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without notice, as `kill -9` does."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    @property
    def is_healthy(self) -> bool:
        """Whether it answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    @property
    def process(self) -> psutil.Process:
        """Its process, to measure."""
        assert self._process is not None
        return psutil.Process(self._process.pid)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
