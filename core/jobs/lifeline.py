"""What tells a worker to leave: its parent's word or end, SIGTERM or SIGINT.

The parent holds the other end of the worker's standard input. Before it closes it in an orderly end, it writes a word,
and the worker leaves at once. It also closes when the parent dies, without that word: then a run that is going on comes
to its end first, so that an app that is killed and started again costs nobody a run.

Signals wake a thread through a socket: a Python signal handler would wait until the main thread leaves the C code of
a long matrix product.
"""

import signal
import socket
import sys
import threading
from collections.abc import Callable

from core.jobs.process import LEAVE

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def watch_parent(leave: Callable[[str], None], finish: Callable[[], None]) -> None:
    """Call one of the two from a thread: `leave` at the parent's word, `finish` when standard input ends without it."""

    def wait() -> None:
        if sys.stdin.buffer.read(len(LEAVE)) == LEAVE:
            leave("the app ended")
        else:
            finish()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def watch_signals(leave: Callable[[str], None]) -> None:
    """Call `leave` from a thread at the first SIGTERM or SIGINT. To be called in the main thread."""
    read, write = socket.socketpair()
    write.setblocking(False)
    signal.set_wakeup_fd(write.fileno())
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # a parent that waits for them itself hands its mask down

    def wait() -> None:
        while (received := read.recv(1)) and received[0] not in SIGNALS:
            continue
        leave(f"signal {signal.Signals(received[0]).name}" if received else "the signal socket closed")
        write.close()

    threading.Thread(target=wait, name="signals", daemon=True).start()
