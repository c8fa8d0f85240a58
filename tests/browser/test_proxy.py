"""A real Caddy with the project's own Caddyfile before two web processes."""

import http.client
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.classroom import tick
from tests.browser.conftest import settled
from tests.browser.server import ROOT, AppServer, free_port

CADDY = shutil.which("caddy")
pytestmark = pytest.mark.skipif(CADDY is None, reason="no Caddy on this machine: apt-get install caddy")
SECRET = "5ec4e7" * 8


@pytest.fixture
def webs(tmp_path: Path) -> Iterator[list[AppServer]]:
    """Two web processes on one data folder."""
    settings = {"VRAM_LAB_WORKERS": "external", "STREAMLIT_SERVER_COOKIE_SECRET": SECRET}
    both = [AppServer(tmp_path / "app", **settings) for _ in range(2)]
    for one in both:
        one.start()
    yield both
    for one in both:
        one.stop()


@pytest.fixture
def proxy(webs: list[AppServer], tmp_path: Path) -> Iterator[int]:
    """Its port."""
    with caddy([web.port for web in webs], tmp_path) as port:
        yield port


@contextmanager
def caddy(webs: Sequence[int], folder: Path) -> Iterator[int]:
    """Caddy before processes on these ports; gives its own."""
    port = free_port()
    environment = {
        **os.environ,
        "VRAM_LAB_SITE": f"http://:{port}",
        "VRAM_LAB_WEB": " ".join(f"127.0.0.1:{web}" for web in webs),
        "STREAMLIT_SERVER_COOKIE_SECRET": SECRET,
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")]
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while status(port, "/_stcore/health") != 200:
            assert process.poll() is None and time.monotonic() < deadline, (folder / "caddy.log").read_text()
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def answer(port: int, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET" if body is None else "PUT", path, body=body, headers=sent)
    return connection.getresponse()


def status(port: int, path: str) -> int:
    try:
        return answer(port, path).status
    except OSError:
        return 0


def test_a_student_answers_through_the_proxy_and_goes_on_when_their_process_dies(
    page: Page, proxy: int, webs: list[AppServer]
) -> None:
    page.goto(f"http://127.0.0.1:{proxy}/q1")
    settled(page)
    tick(page, "a")
    expect(page.get_by_text("2 attempts left", exact=False)).to_be_visible()
    cookies = {cookie["name"] for cookie in page.context.cookies()}
    assert {"vram_lab_server", "vram_lab_person"} <= cookies
    for web in webs:  # whichever it was: one after the other, as an upgrade restarts them
        web.stop(kill=True)
        page.wait_for_timeout(3000)
        page.goto(f"http://127.0.0.1:{proxy}/q1")
        settled(page)
        expect(page.get_by_text("2 attempts left", exact=False)).to_be_visible()
        web.start()
        page.wait_for_timeout(3000)


def cookies_set(answered: http.client.HTTPResponse, name: str) -> list[str]:
    """Those of that name which an answer sets."""
    return [value for header, value in answered.getheaders() if header.lower() == "set-cookie" and name in value]


def test_every_request_of_a_browser_goes_to_one_process(proxy: int, webs: list[AppServer]) -> None:
    [sticky] = cookies_set(answer(proxy, "/q1"), "vram_lab_server")
    again = [answer(proxy, "/q1", Cookie=sticky.split(";")[0]) for _ in range(6)]
    # The proxy would set another one where it had chosen another process.
    assert [cookies_set(each, "vram_lab_server") for each in again] == [[]] * 6


def test_what_is_not_for_visitors_is_closed(proxy: int) -> None:
    assert status(proxy, "/_stcore/metrics") == status(proxy, "/_stcore/script-health-check") == 404


class Taking(BaseHTTPRequestHandler):
    """Reads all that comes and says how much it was."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_PUT(self) -> None:
        left = int(self.headers["content-length"])
        while left and (part := self.rfile.read(min(left, 1_000_000))):
            left -= len(part)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing."""


def test_a_file_that_the_app_would_not_take_does_not_reach_it(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with caddy([server.server_address[1]], tmp_path) as port:
        assert answer(port, "/file", b"x" * 20_000_000).status == 200
        try:
            refused = answer(port, "/file", b"x" * 22_000_000).status
        except (BrokenPipeError, ConnectionResetError):
            refused = 413  # the connection was closed before everything was sent
    server.shutdown()
    assert refused in (413, 502)


def test_where_tls_ends_before_the_proxy_cookies_are_for_https_alone(proxy: int) -> None:
    plain, secure = (
        cookies_set(answer(proxy, "/", X_Forwarded_Proto=scheme, Host="lab.school.org"), "vram_lab_person")
        for scheme in ("http", "https")
    )
    assert "; Secure" not in plain[0] and "; Secure" in secure[0]
