"""What tells a worker to leave: its parent's end, SIGTERM or SIGINT.

The parent holds the other end of the worker's standard input. It closes when the parent ends, however it ends, so the
worker, and the GPU memory with it, never outlives the app. Signals wake a thread through a socket: a Python signal
handler would wait until the main thread leaves the C code of a long matrix product.
"""

import signal
import socket
import sys
import threading
from collections.abc import Callable

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def watch_parent(leave: Callable[[str], None]) -> None:
    """Call `leave` from a thread when standard input ends."""

    def wait() -> None:
        while sys.stdin.buffer.read(1):
            continue
        leave("the app ended")

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def watch_signals(leave: Callable[[str], None]) -> None:
    """Call `leave` from a thread at the first SIGTERM or SIGINT. To be called in the main thread."""
    read, write = socket.socketpair()
    write.setblocking(False)
    signal.set_wakeup_fd(write.fileno())
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)

    def wait() -> None:
        while (received := read.recv(1)) and received[0] not in SIGNALS:
            continue
        leave(f"signal {signal.Signals(received[0]).name}" if received else "the signal socket closed")
        write.close()

    threading.Thread(target=wait, name="signals", daemon=True).start()
