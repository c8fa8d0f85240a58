"""One run at a time on each device, between all processes of this installation, the command line included.

Two runs on one device measure each other, so the second one waits.

    with device_lock("cpu", progress):
        run()
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.config import config
from core.measure.machine import gpu_of, this_machine
from core.measure.progress import Progress

WAITING = "Waiting for another run on this device"
POLL_S = 0.25


@contextmanager
def device_lock(device: str, progress: Progress) -> Iterator[None]:
    """Hold the device's lock; while another process holds it, report so and obey a cancel.

    The same process may take it again inside. The operating system gives it back when a process dies.

    Raises:
        RunCancelled, RunTimedOut: from `progress.check` while waiting.
    """
    path = lock_path(device)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, is_singleton=True, thread_local=False)
    while not _taken(lock):
        progress.report(WAITING)
        progress.check()
    try:
        yield
    finally:
        lock.release()


def lock_path(device: str) -> Path:
    """The lock file of a device; two names of the same GPU give the same file."""
    gpu = gpu_of(device, this_machine()) if device.startswith("cuda") else None
    physical = gpu.uuid if gpu and gpu.uuid else device.replace(":", "-")
    name = physical if physical == "cpu" else "gpu-" + hashlib.sha256(physical.encode()).hexdigest()[:12]
    return config().data_dir / "locks" / f"{name}.lock"


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=POLL_S, poll_interval=POLL_S / 5)
    except Timeout:
        return False
    return True
