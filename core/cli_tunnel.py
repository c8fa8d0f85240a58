"""The command line's way to a public link.

python -m core tunnel [--with cloudflared|ngrok] [--port N]
"""

import argparse
import signal
import sys
import time
from types import FrameType
from typing import Any

from core.errors import LabError

LOOK_S = 0.3
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
WITHOUT_TOKEN = "Teachers sign in under For teachers, as this installation is set up."


_asked: list[int] = []
"""Signals that asked this process to end."""


class _Asked(BaseException):
    """A signal asked this process to end."""


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    tunnel = commands.add_parser("tunnel", help="serve the app at a public link until Ctrl-C, for a lesson")
    tunnel.add_argument("--with", choices=("cloudflared", "ngrok"), default="cloudflared", dest="agent")
    tunnel.add_argument(
        "--port", type=int, default=8501, metavar="N", help="local port; an app that runs there is used"
    )
    tunnel.set_defaults(command=open_tunnel)


def open_tunnel(options: argparse.Namespace) -> int:
    """Start the app where it does not run, open the tunnel, print its link; ends both with this process."""
    from core.tunnel.child import end_with_parent

    end_with_parent()
    for number in SIGNALS:
        signal.signal(number, _ask)
    try:
        _serve(options)
    except _Asked:
        _say("The tunnel is closed.")
    except LabError as error:
        print(f"{error.message}\n{error.remedy}", file=sys.stderr, flush=True)
        return 1
    return 0


def _ask(number: int, frame: FrameType | None) -> None:
    _asked.append(number)
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # once is enough: the ends of the children are waited for
    raise _Asked


def _serve(options: argparse.Namespace) -> None:
    """Runs until a signal or until something ends for good.

    Raises:
        TunnelFailed: the app or the tunnel does not start, or ended.
    """
    from core.errors import TunnelFailed
    from core.tunnel.agents import AGENTS
    from core.tunnel.app import app_on
    from core.tunnel.link import Link

    agent = AGENTS[options.agent]
    program = agent.find(_say)
    _say(f"Starting the app on port {options.port} …")
    app = app_on(options.port)
    if app is None:
        _say(f"The app that runs on port {options.port} already is used, and stays when this ends.")
    try:
        with Link(agent, program, options.port) as link:
            _show(link.open())
            while app is None or app.ended is None:
                if _asked:  # what a signal raises is lost where Python calls a finalizer
                    raise _Asked
                if link.has_ended:
                    _show(link.reopen(_say))
                time.sleep(LOOK_S)
        raise TunnelFailed(f"The app ended with code {app.ended}. Its last lines:\n{app.last_lines}", "Start it again.")
    finally:
        if app is not None:
            app.stop()


def _show(opened: Any) -> None:
    """Print the link, its QR code, and where the teacher signs in."""
    import io

    import segno

    picture = io.StringIO()
    segno.make(opened.address, error="m").terminal(out=picture, compact=True)
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    _say(f"\n{opened.address}\n\n{picture.getvalue()}")
    if not opened.is_confirmed:
        _say("The program has not said yet that the link works. If it stays silent, start this again.")
    _say("Whoever has the link can use this machine's models. It works while this runs, and is another one next time.")
    _say(_for_teachers(opened.address))


def _for_teachers(address: str) -> str:
    from core.classroom.teachers import new_token, ways
    from core.store.database import session

    if "token" not in ways():
        return WITHOUT_TOKEN
    with session() as database:
        token = new_token(database)
    return f"To teach a class, open once within a day:\n{address}/teacher?token={token}"


def _say(text: str) -> None:
    print(text, flush=True)
