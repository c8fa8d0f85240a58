"""From starting the web process to a page that answers a click, against an empty Streamlit app.

A visitor's browser is played by `bench.protocol`, which speaks Streamlit's own messages: it connects with the visitor's
cookie, asks for the page, then asks again as a click does, and waits for each to be drawn. Servers start in
alternating order; the medians are compared. Memory is the resident set of the web process. Workers are left out
(`workers=external`): they are processes of their own, and the page does not wait for them.
"""

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from bench.protocol.page import PageBroken
from bench.protocol.server import Server
from bench.protocol.visitor import Visitor

ROOT = Path(__file__).resolve().parent.parent
EMPTY = 'import streamlit as st\nst.title("Empty")\nst.button("Click")\n'
TARGETS = {"home": 2.0, "chart": 3.0}
MEMORY_TARGET_MB = 300
CHART = "vega_lite_chart"


def main(pairs: int, device: str) -> dict[str, object]:
    """Start every app `pairs` times (7 at most), alternating."""
    rounds = min(pairs, 7)
    found: dict[str, list[tuple[float, float]]] = {"empty": [], "home": [], "chart": []}
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY)
        cookie = _lab_with_one_run(Path(folder))
        for _ in range(rounds):
            found["empty"].append(_start(empty, "", "", {}))
            environment = {"VRAM_LAB_DATA_DIR": folder, "VRAM_LAB_WORKERS": "external"}
            found["home"].append(_start(ROOT / "streamlit_app.py", "", cookie, environment))
            found["chart"].append(_start(ROOT / "streamlit_app.py", "lab_text_generation", cookie, environment))
    return _summary(found)


def _summary(found: dict[str, list[tuple[float, float]]]) -> dict[str, object]:
    seconds = {name: statistics.median(row[0] for row in rows) for name, rows in found.items()}
    memory = {name: statistics.median(row[1] for row in rows) for name, rows in found.items()}
    ratios = {name: seconds[name] / seconds["empty"] for name in TARGETS}
    return {
        "what": "process start to a page that has answered a click, lab / empty Streamlit app",
        "seconds": {name: [row[0] for row in rows] for name, rows in found.items()},
        "median_s": seconds,
        "rss_mb": memory,
        "ratios": ratios,
        "targets": {**TARGETS, "chart_rss_mb": MEMORY_TARGET_MB},
        "met": all(ratios[name] <= TARGETS[name] for name in TARGETS) and memory["chart"] <= MEMORY_TARGET_MB,
    }


def _lab_with_one_run(data_dir: Path) -> str:
    """A database with one finished run of the visitor, measured now on the small twin; returns the visitor's cookie."""
    os.environ["VRAM_LAB_DATA_DIR"] = str(data_dir)
    from core.classroom.people import person_for_cookie
    from core.measure.progress import SilentProgress
    from core.models.resident import Resident
    from core.runs.execution import execute
    from core.store.database import migrate, session
    from core.store.tables import Run

    migrate()
    settings = {"source": "embedded", "device": "cpu", "dtype": "float32", "max_new_tokens": 20}
    record = execute("text_generation", settings, SilentProgress(), Resident()).record
    if record["state"] != "finished":
        raise RuntimeError(f"the run for the chart page ended as {record['state']}: {record['error']}")
    with session() as database:
        person = person_for_cookie(database, "bench-visitor").id
        database.add(
            Run(
                id=record["id"],
                job_id="",
                person_id=person,
                lab="text_generation",
                question_id=None,
                state="finished",
                created_at=time.time(),
                record=record,
            )
        )
    return "vram_lab_person=bench-visitor"


def _start(app: Path, page: str, cookie: str, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from starting the process to the answered click, and its resident set in MB."""
    begin = time.perf_counter()
    with Server(app, environment) as server:
        asyncio.run(_open_and_click(server.port, page, cookie))
        return time.perf_counter() - begin, server.process.memory_info().rss / 1e6


async def _open_and_click(port: int, page: str, cookie: str) -> None:
    visitor = Visitor(port, cookie)
    await visitor.connect()
    await visitor.open(page)
    await visitor.rerun()
    await visitor.leave()
    if page and CHART not in visitor.page.kinds:
        raise PageBroken(f"the page {page} drew no chart, only {sorted(visitor.page.kinds)}")
