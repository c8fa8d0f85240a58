"""`python -m core tunnel`, with the app, through a stand-in for the tunnel."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.config import ROOT
from core.tunnel.app import COOKIE, app_on, is_app
from tests.browser.server import free_port
from tests.core.jobs.waiting import wait_for
from ui import identity


class Command:
    """The running command, and what it said."""

    def __init__(self, *arguments: str) -> None:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core", "tunnel", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.said = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def command() -> Iterator[Callable[..., Command]]:
    begun: list[Command] = []

    def begin(*arguments: str) -> Command:
        begun.append(Command(*arguments))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        each.process.wait()


def handshake(port: int, host: str, page: str | None = None) -> str:
    """What the app answers to a browser that opens its websocket through the tunnel, on its own page or on another."""
    asked = (
        "GET /_stcore/stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHost: {host}\r\nOrigin: https://{page or host}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as visitor:
        visitor.sendall(asked.encode())
        return visitor.recv(200).decode(errors="replace").splitlines()[0]


def read_qr(text: str) -> str:
    """What a camera would read from the half blocks of the terminal."""
    import cv2
    import numpy as np

    rows = [line for line in text.splitlines() if line and not line.strip("█▀▄ ")]
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    width = max(map(len, rows))
    dots: Any = np.array(
        [[halves[sign][half] for sign in row.ljust(width)] for row in rows for half in (0, 1)], np.uint8
    )
    picture = np.kron(dots, np.ones((8, 8), np.uint8))
    return str(cv2.QRCodeDetector().detectAndDecode(picture)[0])


def test_the_app_is_served_through_the_tunnel_and_both_end_with_the_command(
    stand_in: Callable[..., Path], command: Callable[..., Command], sqlite: str
) -> None:
    note, port = stand_in(), free_port()
    tunnel = command("--port", str(port))
    wait_for(lambda: "/teacher?token=" in tunnel.said, 120)
    address = "https://calm-sea-red-house-0.trycloudflare.com"
    assert f"\n{address}\n" in tunnel.said and re.search(rf"{address}/teacher\?token=\S{{30,}}", tunnel.said)
    assert read_qr(tunnel.said) == address
    door = int(note.read_text().split()[0])
    assert handshake(door, address.removeprefix("https://")) == "HTTP/1.1 101 Switching Protocols"
    assert "403" in handshake(door, address.removeprefix("https://"), "another.example")
    children = tunnel.children()
    assert len(children) >= 3  # the app, its worker, the tunnel
    tunnel.process.send_signal(signal.SIGTERM)
    assert tunnel.process.wait(30) == 0
    wait_for(lambda: "The tunnel is closed." in tunnel.said)
    wait_for(lambda: not any(child.is_running() for child in children), 20)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_nothing_is_left_when_the_command_or_its_notebook_is_killed(
    stand_in: Callable[..., Path], command: Callable[..., Command], sqlite: str
) -> None:
    stand_in()
    tunnel = command("--port", str(free_port()))
    wait_for(lambda: "/teacher?token=" in tunnel.said, 120)
    children = tunnel.children()
    tunnel.process.kill()
    wait_for(lambda: not any(child.is_running() and child.status() != "zombie" for child in children), 20)


def test_an_app_that_runs_already_is_used_and_stays(
    stand_in: Callable[..., Path], command: Callable[..., Command], sqlite: str
) -> None:
    assert COOKIE == identity.COOKIE
    stand_in(mode="refused")
    port = free_port()
    app = app_on(port)
    assert app is not None
    try:
        assert app_on(port) is None
        tunnel = command("--port", str(port))
        assert tunnel.process.wait(120) == 1
        wait_for(lambda: "no such host" in tunnel.said)
        assert "is used, and stays" in tunnel.said and is_app(port)
        assert "Traceback" not in tunnel.said
    finally:
        app.stop()


def test_a_port_of_another_program_is_left_alone(
    stand_in: Callable[..., Path], command: Callable[..., Command]
) -> None:
    stand_in()
    with socket.create_server(("127.0.0.1", 0)) as other:
        tunnel = command("--port", str(other.getsockname()[1]))
        assert tunnel.process.wait(120) == 1
    wait_for(lambda: "Choose another one: --port" in tunnel.said)


def test_an_app_that_does_not_start_is_told_with_its_last_lines(
    stand_in: Callable[..., Path], command: Callable[..., Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in()
    monkeypatch.setenv("DATABASE_URL", "nonsense://")
    tunnel = command("--port", str(free_port()))
    assert tunnel.process.wait(150) == 1
    wait_for(lambda: "The app did not start" in tunnel.said)
    assert "nonsense" in tunnel.said
