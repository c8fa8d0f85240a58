"""What a server does once."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FEW_FILES = """
import os, resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
from ui.lifespan import MOST_OPEN_FILES, allow_open_files
allow_open_files()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(hard, MOST_OPEN_FILES), hard)
opened = [open(os.devnull) for _ in range(200)]
allow_open_files()  # once more changes nothing
print(len(opened))
"""


def test_the_limit_of_open_files_is_raised_as_far_as_the_system_lets_it() -> None:
    done = subprocess.run([sys.executable, "-c", FEW_FILES], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout == "200\n", done.stderr


HEAPS = """
import ctypes, sys, threading
from ui.lifespan import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(16)

def take():
    libc.malloc(1000)
    together.wait()

threads = [threading.Thread(target=take) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives threads heaps of their own")
@pytest.mark.parametrize(("how", "is_few"), [("shared", True), ("usual", False)])
def test_threads_share_two_heaps(how: str, is_few: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HEAPS, how], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    heaps = done.stdout.count("<heap nr=")
    assert heaps >= 1 and (heaps <= 2) == is_few, done.stdout
