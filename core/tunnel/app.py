"""The app on a local port: the one that runs there, or one that is started and ends with this process."""

import http.client
import socket
import sys
import time

from core.config import ROOT, config
from core.errors import TunnelFailed
from core.tunnel.child import Child

HOST = "127.0.0.1"
COOKIE = "vram_lab_person"
START_S = 120.0
LOOK_S = 0.2


def app_on(port: int) -> Child | None:
    """See to it that the app answers on the local `port`; gives its process, or None where it ran already.

    Raises:
        TunnelFailed: another program has the port, or the app does not start.
    """
    if is_app(port):
        return None
    if not _is_free(port):
        raise TunnelFailed(f"Another program has port {port}.", "Choose another one: --port 8600")
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += ["--server.address", HOST, "--server.port", str(port), "--server.headless", "true"]
    app = Child(command, config().data_dir / "logs" / "app.log", cwd=ROOT)
    try:
        _wait_for(app, port)
    except BaseException:
        app.stop()
        raise
    return app


def is_app(port: int) -> bool:
    """Whether this app answers there: its page brings its cookie."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Accept": "text/html"})
        answer = connection.getresponse()
        return answer.status == 200 and COOKIE in (answer.getheader("set-cookie") or "")
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _wait_for(app: Child, port: int) -> None:
    deadline = time.monotonic() + START_S
    while not is_app(port):
        if app.ended is not None:
            raise TunnelFailed(f"The app did not start. Its last lines:\n{app.last_lines}", "Try it alone: make run")
        if time.monotonic() > deadline:
            raise TunnelFailed(f"The app did not answer within {START_S:.0f} s.", "Try it alone: make run")
        time.sleep(LOOK_S)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
