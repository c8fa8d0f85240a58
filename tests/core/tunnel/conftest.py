"""A stand-in for the programs that open tunnels, alone on the PATH."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

STAND_IN = Path(__file__).with_name("stand_in.py")


def put(folder: Path, name: str) -> Path:
    """The stand-in as a program `name` in `folder`."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!{sys.executable}\n{STAND_IN.read_text()}")
    program.chmod(0o755)
    return program


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts it on the PATH as `name`, told to behave as `mode`; gives the file that it writes its port and id to."""

    def begin(name: str = "cloudflared", mode: str = "open", dies_after_s: float = 0) -> Path:
        put(tmp_path / "bin", name)
        note = tmp_path / "stand_in.txt"
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
        monkeypatch.setenv("STAND_IN", mode)
        monkeypatch.setenv("STAND_IN_S", str(dies_after_s))
        monkeypatch.setenv("STAND_IN_FILE", str(note))
        return note

    return begin
