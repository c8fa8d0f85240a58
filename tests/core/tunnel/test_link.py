"""A tunnel's address, its end, and its next beginning."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.config import config
from core.errors import TunnelFailed
from core.tunnel import link
from core.tunnel.agents import AGENTS
from core.tunnel.link import Link
from tests.core.jobs.waiting import wait_for


def opened(name: str = "cloudflared") -> Link:
    return Link(AGENTS[name], AGENTS[name].find(print), 8501)


@pytest.mark.parametrize(
    ("name", "address"),
    [("cloudflared", "https://calm-sea-red-house-0.trycloudflare.com"), ("ngrok", "https://1a2b-0.ngrok-free.app")],
)
def test_the_address_is_read_from_the_programs_own_lines(
    name: str, address: str, stand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NGROK_AUTHTOKEN", "secret")
    note = stand_in(name)
    with opened(name) as tunnel:
        found = tunnel.open()
        assert (found.address, found.is_confirmed) == (address, True)
        log = config().data_dir / "logs" / "tunnel.log"
        wait_for(lambda: log.stat().st_size > 100_000)  # more than a pipe holds: nothing stands still
        assert not tunnel.has_ended
    _port, process, *token = note.read_text().split()
    assert not psutil.pid_exists(int(process)) and token == ["secret"]


def test_one_that_does_not_open_is_told_with_its_last_lines(stand_in: Callable[..., Path]) -> None:
    stand_in(mode="refused")
    with opened() as tunnel, pytest.raises(TunnelFailed) as failed:
        tunnel.open()
    assert "cloudflared ended with code 1" in failed.value.message and "no such host" in failed.value.message


def test_one_without_an_address_is_ended_after_a_while(
    stand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    note = stand_in(mode="silent")
    monkeypatch.setattr(link, "OPEN_S", 1.0)
    with opened() as tunnel, pytest.raises(TunnelFailed, match="named no address within 1 s"):
        tunnel.open()
    assert not psutil.pid_exists(int(note.read_text().split()[1]))


def test_an_address_that_is_not_confirmed_says_so(
    stand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(mode="unconfirmed")
    monkeypatch.setattr(link, "CONFIRM_S", 0.3)
    with opened() as tunnel:
        assert not tunnel.open().is_confirmed


def test_one_that_does_not_listen_is_made_to_end(
    stand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tunnel.child.PATIENCE_S", 0.5)
    note = stand_in(mode="stubborn")
    with opened() as tunnel:
        tunnel.open()
    assert not psutil.pid_exists(int(note.read_text().split()[1]))


def test_one_that_ended_is_opened_again_until_it_is_hopeless(
    stand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    note = stand_in(mode="dies", dies_after_s=0.3)
    monkeypatch.setattr(link, "PAUSES_S", (0.1, 0.1))
    said: list[str] = []
    addresses = []
    with opened() as tunnel:
        addresses.append(tunnel.open().address)
        with pytest.raises(TunnelFailed, match="3 times in a row"):
            while True:
                wait_for(lambda: tunnel.has_ended)
                addresses.append(tunnel.reopen(said.append).address)
    assert [address[-19] for address in addresses] == ["0", "1", "2"]
    assert len(said) == 2 and "the edge closed it" in said[0] and "The link does not work any more" in said[0]
    assert len(note.read_text().splitlines()) == 3


def test_one_that_stood_for_long_begins_the_count_anew(
    stand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(mode="dies", dies_after_s=0.3)
    monkeypatch.setattr(link, "PAUSES_S", (0.1,))
    monkeypatch.setattr(link, "STEADY_S", 0.2)
    with opened() as tunnel:
        tunnel.open()
        for _ in range(3):
            wait_for(lambda: tunnel.has_ended)
            tunnel.reopen(lambda text: None)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_a_child_ends_when_its_parent_is_killed(stand_in: Callable[..., Path]) -> None:
    note = stand_in()
    code = (
        "from core.tunnel.agents import AGENTS; from core.tunnel.link import Link; import time\n"
        "agent = AGENTS['cloudflared']; Link(agent, agent.find(print), 8501).open(); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_for(lambda: note.exists() and note.read_text().endswith("\n"))
    child = int(note.read_text().split()[1])
    time.sleep(0.3)
    assert psutil.pid_exists(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not psutil.pid_exists(child))
