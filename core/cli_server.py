"""The command line's part on a server: its workers, and copies of its database.

python -m core workers
python -m core backup FILE
"""

import argparse
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from core.config import config


def add(commands: Any) -> None:
    """Add these commands to the parser's."""
    workers = commands.add_parser("workers", help="run this machine's workers until Ctrl-C, beside web processes")
    workers.set_defaults(command=run_workers)
    backup = commands.add_parser("backup", help="copy the SQLite database into a new file, while the app runs")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(command=back_up)


def run_workers(options: argparse.Namespace) -> int:
    """Start the workers, keep them alive, and let them put their runs back at SIGTERM or Ctrl-C."""
    from core.jobs.supervisor import Supervisor
    from core.measure.machine import this_machine
    from core.store.database import migrate

    ending = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)  # before any thread is started, which takes it over
    migrate()
    supervisor = Supervisor(this_machine(), is_local=True)
    supervisor.start()
    print(f"Workers for {this_machine().label}. Their logs: {config().data_dir / 'logs'}", flush=True)
    signal.sigwait(ending)
    supervisor.stop()
    return 0


def back_up(options: argparse.Namespace) -> int:
    """A copy that is whole, however much is written meanwhile; an existing file is never replaced."""
    from core.store.erasing import database_file

    source, target = database_file(), options.file
    if source is None:
        return _refuse("The database is PostgreSQL. Copy it with pg_dump.")
    if not source.is_file():
        return _refuse(f"There is no database at {source}. Look at VRAM_LAB_DATA_DIR.")
    if target.exists():
        return _refuse(f"{target} is there already. Name a new file.")
    part = target.with_name(f"{target.name}.part")
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(part)) as copy:
            live.backup(copy)
        part.replace(target)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        return _refuse(f"{target} could not be written: {error}.")
    print(f"{target}: {target.stat().st_size:,} bytes")
    return 0


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return 1
