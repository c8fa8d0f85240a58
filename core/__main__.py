"""`python -m core`."""

import os
import sys

from core.cli import main

try:
    code = main()
    sys.stdout.flush()
except BrokenPipeError:  # whoever read, `| head`, has read enough; what is left must not be written at the end either
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    code = 1
if "torch" in sys.modules:
    # A library's thread that does not end would keep a command that has said all: a run on the processor of a machine
    # with an H200 did so.
    sys.stderr.flush()
    os._exit(code)
sys.exit(code)
