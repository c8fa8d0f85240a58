"""A process that ends with this one, and whose last lines are known.

On Linux the kernel ends it also when this process is killed; elsewhere it then stays, and has to be ended by hand.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LINES = 12
PATIENCE_S = 10.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Let the kernel send this process SIGTERM when the one that started it has ended. Nothing outside Linux."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """A running program. What it writes goes to a file, line by line, and to `heard`.

    Args:
        command: program and arguments.
        log: where its output is added to.
        heard: called with each line, from another thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        heard: Callable[[str], None] = lambda line: None,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.lines: deque[str] = deque(maxlen=LINES)
        log.parent.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            # Ctrl-C in the terminal is for this process, which ends its children in order.
            start_new_session=True,
            preexec_fn=_tied_to(os.getpid()),
        )
        self._reader = threading.Thread(target=self._read, args=(log, heard), name="lines", daemon=True)
        self._reader.start()

    @property
    def ended(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.poll()

    @property
    def last_lines(self) -> str:
        """What it wrote last, indented; to be read when it has ended."""
        self._reader.join(timeout=1)
        return "\n".join(f"    {line}" for line in self.lines) or "    (it wrote nothing)"

    def stop(self) -> None:
        """Ask it to end, and make it end after a while."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._reader.join(timeout=1)

    def _read(self, log: Path, heard: Callable[[str], None]) -> None:
        """Read to the end: a program whose output nobody takes stands still when the pipe is full."""
        assert self.process.stdout is not None
        with log.open("ab") as file, self.process.stdout as output:
            for raw in output:
                file.write(raw)
                file.flush()
                line = raw.decode(errors="replace").rstrip()
                if line:
                    self.lines.append(line)
                    heard(line)


def _tied_to(parent: int) -> Callable[[], None]:
    def tie() -> None:
        end_with_parent()
        if os.getppid() != parent:  # it ended before it could be watched
            os._exit(1)

    return tie
