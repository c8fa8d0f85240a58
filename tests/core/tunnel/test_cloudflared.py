"""The pinned program: run only if it is what it should be."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.errors import TunnelFailed
from core.tunnel import cloudflared
from core.tunnel.agents import AGENTS
from core.tunnel.cloudflared import Build, executable

PROGRAM = b"#!/bin/sh\necho a program\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a release that is served on loopback."""
    folder = tmp_path / "release"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(cloudflared, "RELEASE", f"http://127.0.0.1:{server.server_port}")
    yield folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Callable[[Build], None]:
    """Lets this machine be one that the build is for."""

    def use(known: Build) -> None:
        monkeypatch.setattr("platform.system", lambda: "Linux")
        monkeypatch.setattr("platform.machine", lambda: "x86_64")
        monkeypatch.setitem(cloudflared.BUILDS, ("Linux", "x86_64"), known)

    return use


def test_it_is_fetched_once_and_checked_each_time(release: Path, build: Callable[[Build], None]) -> None:
    (release / "program").write_bytes(PROGRAM)
    build(Build("program", len(PROGRAM), sha256(PROGRAM), sha256(PROGRAM)))
    said: list[str] = []
    program = executable(said.append)
    assert program.read_bytes() == PROGRAM and program.stat().st_mode & 0o111
    (release / "program").unlink()
    assert executable(said.append) == program and len(said) == 1
    program.write_bytes(b"changed")
    with pytest.raises(TunnelFailed, match=r"could not be fetched .* 404"):
        executable(said.append)


def test_a_wrong_checksum_is_told_and_nothing_is_left_to_run(release: Path, build: Callable[[Build], None]) -> None:
    (release / "program").write_bytes(b"something else")
    build(Build("program", len(PROGRAM), sha256(PROGRAM), sha256(PROGRAM)))
    with pytest.raises(TunnelFailed) as failed:
        executable(print)
    assert sha256(b"something else") in failed.value.message and sha256(PROGRAM) in failed.value.message
    assert "on the PATH" in failed.value.remedy
    assert not [path for path in cloudflared.config().cache_dir.rglob("*") if path.is_file()]


def test_what_has_no_end_is_not_received_to_its_end(release: Path, build: Callable[[Build], None]) -> None:
    (release / "program").write_bytes(PROGRAM * 100)
    build(Build("program", len(PROGRAM), sha256(PROGRAM), sha256(PROGRAM)))
    with pytest.raises(TunnelFailed) as failed:
        executable(print)
    assert sha256((PROGRAM * 2)[: len(PROGRAM) + 1]) in failed.value.message


@pytest.mark.parametrize("member", ["cloudflared", "another"])
def test_a_program_in_an_archive_is_checked_twice(
    member: str, release: Path, build: Callable[[Build], None], tmp_path: Path
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo(member)
        entry.size = len(PROGRAM)
        archive.addfile(entry, io.BytesIO(PROGRAM))
    (release / "program.tgz").write_bytes(packed.getvalue())
    build(Build("program.tgz", len(packed.getvalue()), sha256(packed.getvalue()), sha256(PROGRAM)))
    if member == "cloudflared":
        assert executable(print).read_bytes() == PROGRAM
        return
    with pytest.raises(TunnelFailed, match="could not be fetched"):
        executable(print)


def test_a_machine_without_a_known_build_is_told_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(TunnelFailed, match="riscv64"):
        executable(print)


def test_the_pinned_builds_are_complete() -> None:
    for build in cloudflared.BUILDS.values():
        assert len(bytes.fromhex(build.sha256)) == len(bytes.fromhex(build.program_sha256)) == 32
        assert 10_000_000 < build.size < 100_000_000
        assert (build.sha256 == build.program_sha256) != build.file.endswith(".tgz")


def test_one_on_the_path_comes_first(stand_in: Callable[..., Path], tmp_path: Path) -> None:
    stand_in("cloudflared")
    assert AGENTS["cloudflared"].find(print) == tmp_path / "bin" / "cloudflared"


def test_ngrok_asks_for_its_program_and_a_token(
    stand_in: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("cloudflared")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NGROK_AUTHTOKEN", raising=False)
    with pytest.raises(TunnelFailed, match="not on the PATH"):
        AGENTS["ngrok"].find(print)
    stand_in("ngrok")
    with pytest.raises(TunnelFailed, match="token"):
        AGENTS["ngrok"].find(print)
    monkeypatch.setenv("NGROK_AUTHTOKEN", "secret")
    assert AGENTS["ngrok"].find(print) == tmp_path / "bin" / "ngrok"
