"""The web process as its container has it, carried out without Docker: pages without PyTorch.

What its file copies is copied into an empty folder, what it installs into an empty environment, and what it starts is
started there.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settled
from tests.browser.server import free_port
from tests.test_docker import copied, settings, steps

PAGES = ("", "q4", "lab_text_to_image", "runs", "models", "teacher")
HEAVY = "import importlib.util as u; print([n for n in ('torch', 'transformers', 'diffusers') if u.find_spec(n)])"


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the web process's container has it, with an environment of its own in `venv`."""
    folder = tmp_path_factory.mktemp("container")
    copied("web.Dockerfile", folder)
    python = str(folder / "venv" / "bin" / "python")
    (install,) = (step for step in steps("web.Dockerfile", "RUN") if step.startswith("pip install"))
    arguments = [*install.removeprefix("pip ").replace("--no-cache-dir ", "").split(), "--quiet"]
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    # As the Makefile does: the quick installer, and the plain one where it cannot.
    quick = [sys.executable, "-m", "uv", "pip", *arguments, "--python", python, "--system-certs"]
    if subprocess.run(quick, cwd=folder, capture_output=True, timeout=900).returncode:
        subprocess.run([python, "-m", "pip", *arguments], cwd=folder, check=True, timeout=900)
    return folder


@pytest.fixture
def environment(container: Path, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VRAM_LAB_", "PYTHONPATH"))}
    return {**kept, **settings("web.Dockerfile", tmp_path), "HF_HUB_OFFLINE": "1", "DATABASE_URL": ""}


@pytest.fixture
def address(container: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Where its command serves, on another port."""
    (command,) = (json.loads(step) for step in steps("web.Dockerfile", "CMD") if step.startswith('["streamlit'))
    port = str(free_port())
    program = [str(container / "venv" / "bin" / "python"), "-m", *command[:-1], port]
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(program, cwd=container, env=environment, stdout=out, stderr=out)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    assert process.wait(30) is not None


def answer(address: str) -> str:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=10) as found:
                return str(found.read().decode())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")


def test_its_pages_are_drawn_without_torch(container: Path, address: str, page: Page) -> None:
    python = container / "venv" / "bin" / "python"
    assert subprocess.run([python, "-c", HEAVY], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    assert answer(f"{address}/_stcore/health") == "ok"
    for path in PAGES:
        page.goto(f"{address}/{path}")
        settled(page)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
    page.goto(f"{address}/q4")
    settled(page)
    expect(page.get_by_role("button", name="Lock in and run")).to_be_visible()
