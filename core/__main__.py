"""`python -m core`."""

import os
import sys

from core.cli import main

code = main()
if "torch" in sys.modules:
    # A library's thread that does not end would keep a command that has said all: a run on the processor of a machine
    # with an H200 did so.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
sys.exit(code)
