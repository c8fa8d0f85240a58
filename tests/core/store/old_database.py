"""A database as the first version of the app left it: revision 0001, with rows in every table."""

import json
from typing import Any

from sqlalchemy import Connection, text

from core.classroom.people import secret_hash
from core.store.database import engine
from core.store.migrations import upgrade

COOKIES = {"ada": "ada's cookie", "bob": "bob's cookie"}
PNG = b"\x89PNG\r\n\x1a\n\x00 a picture \xff"
ROWS: dict[str, list[dict[str, Any]]] = {
    "people": [
        {"id": name, "cookie_hash": secret_hash(cookie), "created_at": 1763710000.125}
        for name, cookie in COOKIES.items()
    ],
    "jobs": [
        {
            "id": f"job of {name}",
            "person_id": name,
            "lab": "text_generation",
            "settings": {"device": "cpu", "prompt": "Once “upon”"},
            "question_id": "Q4",
            "device": "cpu",
            "workload": "w",
            "state": state,
            "attempt": 1,
            "cancel_requested": False,
            "timeout_s": 600.0,
            "created_at": 1763710001.0,
            "progress": {"step": 3},
            "run_id": f"run of {name}",
        }
        for name, state in (("ada", "finished"), ("bob", "queued"))
    ],
    "workers": [{"name": "w1", "host": "h", "pid": 1, "devices": ["cpu"], "started_at": 1.0, "heartbeat_at": 2.0}],
    "runs": [
        {
            "id": f"run of {name}",
            "job_id": f"job of {name}",
            "person_id": name,
            "lab": "text_generation",
            "question_id": "Q4",
            "state": "finished",
            "created_at": 1763710002.0,
            "record": {"schema": "vram-lab/run/1", "repeats": [{"wall_s": 16.6}], "error": None},
        }
        for name in COOKIES
    ],
    "pictures": [{"run_id": "run of ada", "picture_index": 0, "role": "result", "details": {"seed": 7}, "png": PNG}],
    "uploads": [{"id": "upload of bob", "person_id": "bob", "created_at": 1763710003.0, "png": PNG * 1000}],
    "predictions": [{"person_id": "ada", "question_id": "Q4", "choices": ["under_10_s"], "created_at": 1763710000.5}],
    "answers": [
        {
            "id": f"answer of {name}",
            "person_id": name,
            "question_id": "Q4",
            "attempt": 1,
            "submitted_answers": ["s_20_to_40"],
            "marking": {"state": "graded", "score": 1.0},
            "score": 1.0,
            "run_id": f"run of {name}",
            "bank_sha": "f" * 64,
            "created_at": 1763710004.75,
        }
        for name in COOKIES
    ],
}


def make_old_database() -> None:
    """Fill the database that `session()` uses; it has to be empty."""
    with engine().connect() as connection:
        upgrade(connection, "0001")
        for table, rows in ROWS.items():
            for row in rows:
                _insert(connection, table, row)
        connection.commit()


def contents(connection: Connection, schema: str = "") -> dict[str, list[dict[str, Any]]]:
    """Every row of the old tables with the columns that they had then, JSON read; as `ROWS` lists them."""
    return {table: [_read(connection, schema + table, row) for row in rows] for table, rows in ROWS.items()}


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    values = {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}
    names = ", ".join(values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(values)})"), values)


def _read(connection: Connection, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The stored row that has the first column of `row`, with the columns that are still there."""
    key = next(iter(row))
    found = connection.execute(text(f"SELECT * FROM {table} WHERE {key} = :key"), {"key": row[key]}).mappings().one()
    return {name: _plain(found[name], value) for name, value in row.items() if name in found}


def _plain(stored: Any, like: Any) -> Any:
    if isinstance(like, dict | list) and isinstance(stored, str):
        return json.loads(stored)
    if isinstance(like, bool):
        return bool(stored)
    return bytes(stored) if isinstance(like, bytes) else stored
