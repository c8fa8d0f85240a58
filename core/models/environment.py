"""What the model libraries are told through the environment before they are imported.

They print progress bars, ask the internet for updates, install packages and write settings into the home
folder unless told otherwise. `prepare` is called before the first of them is imported (this package does, and
so does a worker when it starts); a value that is already set stays.

    >>> prepare()
    >>> os.environ["YOLO_AUTOINSTALL"]
    'False'
"""

import os

from core.config import config

DEFAULTS = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Plain HTTP can be stopped between two chunks; the Xet client cannot.
    "HF_HUB_DISABLE_XET": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "YOLO_OFFLINE": "True",
    "YOLO_AUTOINSTALL": "False",
    "YOLO_VERBOSE": "False",
    # A .pt file is a pickle: only known classes may come out of it.
    "ULTRALYTICS_SAFE_LOAD": "True",
}


def prepare() -> None:
    """Set the defaults above and point ultralytics' settings at the cache folder."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("YOLO_CONFIG_DIR", str(config().cache_dir / "ultralytics"))
