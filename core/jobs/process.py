"""What a worker process and the supervisor that starts it agree on; free of what a worker imports."""

import secrets
import socket
from collections.abc import Sequence

EXECUTE = "core.runs.execution:execute"
"""`module:function` that runs a lab."""
FETCHER = "downloads"
"""What the process that fetches weights serves, where a worker serves devices."""
LEAVE = b"leave\n"
"""What the app writes to a worker's standard input when both end. An input that ends without it: the app died."""
FRESH_EXIT = 75
"""Exit code that asks for a new process at once: the next run must not share one with an earlier run."""


def new_name(devices: Sequence[str]) -> str:
    """A name for a worker of this host, never used before."""
    return f"{socket.gethostname()}/{label(devices)}/{secrets.token_hex(4)}"


def label(devices: Sequence[str]) -> str:
    """Short name of what a worker serves, for files: `cpu-cuda0`."""
    return "-".join(device.replace(":", "") for device in devices)


def shares_of(gpus: Sequence[str]) -> list[tuple[str, ...]]:
    """The devices of each worker of a machine with these GPUs: one worker per GPU, the first also takes the CPU."""
    return [("cpu", *gpus[:1]), *((gpu,) for gpu in gpus[1:])]
