"""Keeps the libraries' progress bars and chatter away from the terminal and the record.

The labs report progress themselves. Errors still come through.
"""

import logging
import os
import sys
import warnings

from core.models.environment import prepare

LIBRARIES = ("transformers", "diffusers")
LOGGERS = (*LIBRARIES, "ultralytics", "huggingface_hub", "accelerate", "bitsandbytes", "torchao")


def prepare_environment() -> None:
    """Set what the libraries read while they are imported; what is set already stays."""
    prepare()
    # Physical order, as NVML counts: otherwise the meter could read another GPU than the one that works.
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    # The profiler of the extra pass: no chatter, and nothing of it left attached when the next run is timed.
    os.environ.setdefault("KINETO_LOG_LEVEL", "5")
    os.environ.setdefault("TEARDOWN_CUPTI", "1")


def quiet_libraries() -> None:
    """Silence the libraries that have been imported."""
    warnings.simplefilter("ignore")
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in LIBRARIES:
        if name in sys.modules:
            library = sys.modules[name].utils.logging
            library.set_verbosity_error()
            library.disable_progress_bar()
