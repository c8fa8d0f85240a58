"""What a server does once."""

import subprocess
import sys
from pathlib import Path

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
