"""What the processes behind the pages write down, a file each in the data folder's `logs`."""

import logging
import logging.handlers
from collections.abc import Sequence

from core.config import config
from core.jobs.process import label

LOG_BYTES = 1_000_000


def log_to_file(devices: Sequence[str]) -> None:
    """Log to `data_dir/logs/worker-<devices>.log`, four files of a megabyte at most."""
    folder = config().data_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"worker-{label(devices)}.log"
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
