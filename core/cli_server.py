"""The command line's part on a server: its weights, its workers, and copies of its database.

python -m core fetch [MODEL …] [--lesson] [--check]
python -m core workers [--ray ADDRESS [--cores N]]
python -m core backup FILE
"""

import argparse
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config import config
from core.errors import LabError
from core.units import gb

ENDING = {signal.SIGTERM, signal.SIGINT}
LOOK_S = 1.0
"""How often it is looked which machines and workers there are."""

if TYPE_CHECKING:
    from core.models.catalog import Model


def add(commands: Any) -> None:
    """Add these commands to the parser's."""
    fetching = commands.add_parser("fetch", help="download pretrained weights beforehand, and check them")
    fetching.add_argument("models", nargs="*", metavar="MODEL", help="ids as `python -m core models` lists them")
    fetching.add_argument("--lesson", action="store_true", help="every model of the lesson")
    fetching.add_argument("--check", action="store_true", help="only look whether they are here and whole; no network")
    fetching.set_defaults(command=fetch, parser=fetching)
    workers = commands.add_parser("workers", help="run this machine's workers until Ctrl-C, beside web processes")
    workers.add_argument(
        "--ray", metavar="ADDRESS", help="on the machines of a Ray cluster: auto, or its head's host:port"
    )
    workers.add_argument("--cores", type=int, metavar="N", help="with --ray: a worker for the processor per N cores")
    workers.set_defaults(command=run_workers, parser=workers)
    backup = commands.add_parser("backup", help="copy the SQLite database into a new file, while the app runs")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(command=back_up)


def fetch(options: argparse.Namespace) -> int:
    """Download what is missing, check every file, fetch damaged ones once more; 1 where a model is not whole then."""
    from core.models.catalog import CATALOG
    from core.models.room import LESSON_MODELS
    from core.models.sources import is_cached

    named = [*options.models, *(model.id for model in LESSON_MODELS if options.lesson)]
    if unknown := [name for name in named if name not in CATALOG]:
        options.parser.error(f"there is no model {unknown[0]}; there are {', '.join(CATALOG)}")
    if not named:
        options.parser.error("name models, or --lesson for all of the lesson's")
    models = [CATALOG[name] for name in dict.fromkeys(named)]
    missing = [model for model in models if not is_cached(model.id)]
    if missing and not options.check:
        size = sum(model.download_bytes for model in missing)
        print(f"{len(missing)} of {len(models)} are not here yet: {gb(size)} to download.")
    return max(_fetched(model, options.check) for model in models)


def _fetched(model: "Model", only_check: bool) -> int:
    """0 where the model is here and whole in the end."""
    from core.cli import TerminalProgress
    from core.models.hub import download
    from core.models.sources import is_cached
    from core.models.verifying import damaged, remove

    try:
        if only_check and not is_cached(model.id):
            return _refuse(f"{model.title} is not here. Fetch it: python -m core fetch {model.id}")
        if not only_check:
            download(model, TerminalProgress(sys.stderr))
        broken = damaged(model)
        if broken and not only_check:
            for path in broken:
                print(f"{path.name} is damaged and fetched once more.", file=sys.stderr)
                remove(path)
            download(model, TerminalProgress(sys.stderr))
            broken = damaged(model)
    except LabError as error:
        return _refuse(f"{model.title}: {error.message} {error.remedy}")
    if broken:
        return _refuse(f"{model.title} is damaged: {broken[0]}. Fetch it anew: python -m core fetch {model.id}")
    print(f"{model.title}: here and whole. Licence: {model.licence}.")
    return 0


def run_workers(options: argparse.Namespace) -> int:
    """Start the workers, keep them alive, and let them put their runs back at SIGTERM or Ctrl-C."""
    if options.cores is not None and (options.ray is None or options.cores < 1):
        options.parser.error("--cores takes a number from 1 on and goes with --ray")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # ahead of any thread's start, which takes it over
    try:
        return _run_local() if options.ray is None else _run_cluster(options)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run_local() -> int:
    """One worker per device of this machine, until a signal."""
    from core.jobs.supervisor import Supervisor
    from core.measure.machine import this_machine
    from core.store.database import migrate

    migrate()
    supervisor = Supervisor(this_machine(), is_local=True)
    supervisor.start()
    print(f"Workers for {this_machine().label}. Their logs: {config().data_dir / 'logs'}", flush=True)
    signal.sigwait(ENDING)
    supervisor.stop()
    return 0


def _run_cluster(options: argparse.Namespace) -> int:
    """The same on the machines of a Ray cluster. This process places them, fetches weights, and puts lost runs back."""
    from core.jobs.cluster import Cluster
    from core.jobs.supervisor import Supervisor
    from core.measure.machine import this_machine
    from core.store.database import migrate

    try:
        with Cluster(options.ray, options.cores) as cluster:
            migrate()
            supervisor = Supervisor(this_machine(), is_local=False, fetches=True)
            supervisor.start()
            print("Workers, and how they come and go. Their logs: ray-N/logs in the data folder there.", flush=True)
            ended = threading.Event()
            threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
            while not ended.wait(LOOK_S):
                for line in cluster.look():
                    print(line, flush=True)
            supervisor.stop()
    except LabError as error:
        return _refuse(f"{error.message}\n{error.remedy}")
    return 0


def _wait_for_end(ended: threading.Event) -> None:
    signal.sigwait(ENDING)
    ended.set()


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
