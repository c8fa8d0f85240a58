"""The notebook that serves the pages from Colab: its cells are executed, and a browser comes through the tunnel.

Something else plays the tunnel: it forwards to the app and prints the lines of the real one. The browser is told that
the public name is this machine.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.conftest import CHROMIUM, FLAGS, measured, settled
from tests.browser.server import ROOT, free_port
from tests.core.jobs.waiting import wait_for
from tests.core.tunnel.conftest import put

NAME = "calm-sea-red-house-0.trycloudflare.com"
APP = (".streamlit", "core", "ui", "pages", "streamlit_app.py", "embedded_models", "recorded_runs")
NEEDED = (*APP, "requirements.txt", "quiz_bank.yaml")
EXECUTE = """
import json, sys
space = {}
for source in json.load(sys.stdin):
    exec(compile(source, "cell", "exec"), space)
"""


def sources(port: int) -> list[str]:
    """The notebook's cells of code, as a reader sets them who may do this; pip only works out what it would do."""
    cells = json.loads((ROOT / "notebooks" / "app_in_colab.ipynb").read_text())["cells"]
    found = "\0".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for old, new in {
        "RULES_READ = False": "RULES_READ = True",
        '"install", "--quiet"': '"install", "--dry-run", "--quiet"',
        '"--with", PROGRAM]': f'"--with", PROGRAM, "--port", "{port}"]',
    }.items():
        assert found.count(old) == 1
        found = found.replace(old, new)
    return found.split("\0")


class Notebook:
    """The cells, being executed in a process of their own."""

    def __init__(self, folder: Path, cells: list[str]) -> None:
        for name in NEEDED:
            (folder / name).symlink_to(ROOT / name)
        put(folder / "bin", "cloudflared")
        self.note, self.out = folder / "stand_in.txt", folder / "out.txt"
        environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "STAND_IN_FILE": str(self.note),
            "VRAM_LAB_DATA_DIR": str(folder / "data"),
            "DATABASE_URL": "",
            "HF_HUB_OFFLINE": "1",
            "CUDA_VISIBLE_DEVICES": "",
            "PYTHONUTF8": "1",
        }
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", EXECUTE],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        assert self.process.stdin is not None
        with self.process.stdin as cells_to:
            cells_to.write(json.dumps(cells).encode())

    @property
    def said(self) -> str:
        return self.out.read_text()


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    begun = Notebook(tmp_path, sources(free_port()))
    yield begun
    begun.process.kill()
    begun.process.wait()


@pytest.fixture
def through_the_tunnel(playwright: Playwright, notebook: Notebook) -> Iterator[Browser]:
    wait_for(lambda: "/teacher?token=" in notebook.said or notebook.process.poll() is not None, 300)
    assert notebook.process.poll() is None, notebook.said
    door = notebook.note.read_text().split()[0]
    options: dict[str, Any] = {"args": [*FLAGS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1:{door}"]}
    browser = playwright.chromium.launch(executable_path=CHROMIUM, **options)
    yield browser
    browser.close()


def test_a_run_on_the_twin_through_the_tunnel_and_the_end_of_the_cell(
    notebook: Notebook, through_the_tunnel: Browser, tmp_path: Path
) -> None:
    page = through_the_tunnel.new_page()
    page.goto(f"http://{NAME}/lab_text_generation?text_generation_max_new_tokens=30")
    settled(page)
    page.get_by_role("button", name="Run it").click()
    measured(page)
    expect(page.get_by_text("Once", exact=False).last).to_be_visible()
    teacher = re.search(r"https://(\S+/teacher\?token=\S+)", notebook.said)
    assert teacher is not None
    page.goto(f"http://{teacher.group(1)}")
    settled(page)
    page.get_by_role("button", name="Sign in with the token of this link").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    children = psutil.Process(notebook.process.pid).children(recursive=True)
    notebook.process.send_signal(signal.SIGINT)  # what Colab's stop button does
    try:
        assert notebook.process.wait(120) == 0, notebook.said
    except subprocess.TimeoutExpired:
        pytest.fail(f"the cell has not ended, its children are {children}, it said: {notebook.said}")
    assert "The tunnel is closed." in notebook.said
    wait_for(lambda: not any(child.is_running() for child in children), 20)
    assert [path.stat().st_size > 100_000 for path in tmp_path.glob("vram-lab-*.sqlite")] == [True]


def test_without_a_word_on_the_rules_nothing_is_started(tmp_path: Path) -> None:
    cells = [cell.replace("RULES_READ = True", "RULES_READ = False") for cell in sources(free_port())]
    started = Notebook(tmp_path, [cells[0], "import os, subprocess, sys", cells[2]])
    assert started.process.wait(60) == 1
    assert "set RULES_READ to True if you may do this" in started.said and not started.note.exists()
