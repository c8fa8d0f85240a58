"""A class with a database of its own, opened in this process, and the server that its students come to.

    with Classroom(folder) as room, room.server() as server:
        ...                                   # students join with room.code at server.port

No run is executed. `measured` puts the run that a measured question asks for into the database, as a worker would: a
record of the small twin, run once, with the size and the seconds that the question's evidence wants.
"""

import asyncio
import copy
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bench.protocol.page import PageBroken
from bench.protocol.server import Server
from core.quiz.bank import Question

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
ANSI = re.compile(r"\x1b\[[0-9;]*m")
LOG_LINES = 60
PATIENCE_S = 60
PASSCODE = "a passcode of the benchmark"
SECONDS = (16.4, 16.3, 16.5)
"""What the inserted repeats say; inside the plausible range of the lesson's question."""


class Classroom:
    """One class. The environment of this process points to its database until the end.

    Args:
        folder: takes the database.
        database_url: another database than a SQLite file there.
        workers: `external` leaves runs alone, `local` starts workers.
    """

    def __init__(self, folder: Path, database_url: str = "", workers: str = "external") -> None:
        self.environment = {
            "VRAM_LAB_DATA_DIR": str(folder),
            "VRAM_LAB_WORKERS": workers,
            "VRAM_LAB_TEACHER_PASSCODE": PASSCODE,
            "DATABASE_URL": database_url,
            "HF_HUB_OFFLINE": "1",
            "CUDA_VISIBLE_DEVICES": "",
        }
        self.log = folder / "server.log"
        self.code = ""
        self._before: dict[str, str | None] = {}
        self._record: dict[str, Any] = {}

    def __enter__(self) -> "Classroom":
        self._before = {name: os.environ.get(name) for name in self.environment}
        self._set(self.environment)
        from core.quiz.loading import current_bank
        from core.store.database import migrate

        migrate()
        self.bank = current_bank()[0]
        self.code = _open_class()
        self._record = _twin_record()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from core.store.database import engine

        if isinstance(error, PageBroken) and self.log.exists():
            print(ANSI.sub("", "\n".join(self.log.read_text().splitlines()[-LOG_LINES:])), file=sys.stderr)
        engine().dispose()
        self._set(self._before)

    def _set(self, values: "dict[str, str] | dict[str, str | None]") -> None:
        from core.config import config

        for name, value in values.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        config.cache_clear()

    def server(self) -> Server:
        """The app on this class's database; what it prints is in `server.log`."""
        return Server(ROOT / "streamlit_app.py", self.environment, self.log)

    async def measured(self, cookie: str, question: Question) -> None:
        """Give somebody the run that the question is decided by, where this machine could make it."""
        if question.key is not None and question.key.evidence.device == "cpu":
            await asyncio.to_thread(self._insert, cookie.partition("=")[2], question)

    def _insert(self, cookie: str, question: Question) -> None:
        from core.classroom.people import person_for_cookie
        from core.store.database import in_transaction
        from core.store.tables import Run

        record = _qualifying(self._record, question)

        def insert(database: "Session") -> None:
            person = person_for_cookie(database, cookie).id
            database.add(
                Run(
                    id=record["id"],
                    job_id="",
                    person_id=person,
                    lab=record["lab"],
                    question_id=question.id,
                    state=record["state"],
                    created_at=time.time(),
                    record=record,
                )
            )

        in_transaction(insert, PATIENCE_S)


def _open_class() -> str:
    """The join code of a new class."""
    from core.classroom.classes import open_class
    from core.store.database import session

    with session() as database:
        return open_class(database, "A benchmark").join_code


def _twin_record() -> dict[str, Any]:
    """What a run of the small text twin looks like on this machine."""
    command = [sys.executable, "-m", "core", "run", "text_generation", "--source", "embedded", "--device", "cpu"]
    options = ["--set", "max_new_tokens=100", "--repeats", str(len(SECONDS)), "--json"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=True)
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def _qualifying(record: dict[str, Any], question: Question) -> dict[str, Any]:
    """The record with what the question's evidence asks for."""
    from core.quiz.evidence import preset

    key = question.key
    assert key is not None
    changed = copy.deepcopy(record)
    changed["id"] = uuid4().hex
    changed["settings"] = {**changed["settings"], **preset(question), "source": "dummy"}
    parameters, dtype = key.evidence.parameters, key.evidence.dtypes[0]
    changed["model"] = {**changed["model"], "source": "dummy", "parameters": parameters, "dtype": dtype}
    for repeat, seconds in zip(changed["repeats"], SECONDS, strict=True):
        repeat["wall_s"] = seconds
    return changed
