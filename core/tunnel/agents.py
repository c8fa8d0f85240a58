"""The programs that open a tunnel: what they are started with, and what their lines say.

>>> CLOUDFLARED.address("2026-11-30T08:00:00Z INF |  https://calm-sea-red-house.trycloudflare.com  |")
'https://calm-sea-red-house.trycloudflare.com'
"""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import TunnelFailed
from core.tunnel import cloudflared

TOKEN = "NGROK_AUTHTOKEN"
NGROK_SETTINGS = (".config/ngrok/ngrok.yml", "Library/Application Support/ngrok/ngrok.yml")


@dataclass(frozen=True)
class Agent:
    """A program that opens a tunnel.

    `opened` matches the line with the public address, in its first group; `connected` the line that says that the way
    to it stands; `arguments` get the local port in the place of `{port}`.
    """

    name: str
    arguments: tuple[str, ...]
    opened: re.Pattern[str]
    connected: re.Pattern[str]
    find: Callable[[Callable[[str], None]], Path]

    def command(self, program: Path, port: int) -> list[str]:
        """What to start for the app on the local `port`."""
        return [str(program), *(argument.format(port=port) for argument in self.arguments)]

    def address(self, line: str) -> str | None:
        """The public address, if the line states it."""
        found = self.opened.search(line)
        return found.group(1) if found else None


def _cloudflared(say: Callable[[str], None]) -> Path:
    """The one on the PATH, of whatever version, else the pinned one."""
    on_path = shutil.which("cloudflared")
    return Path(on_path) if on_path else cloudflared.executable(say)


def _ngrok(say: Callable[[str], None]) -> Path:
    on_path = shutil.which("ngrok")
    if on_path is None:
        raise TunnelFailed("ngrok is not on the PATH.", "Install it from ngrok.com/download, or take cloudflared.")
    if not os.environ.get(TOKEN) and not any((Path.home() / name).is_file() for name in NGROK_SETTINGS):
        raise TunnelFailed(
            "ngrok asks for a token.",
            f"Take yours from dashboard.ngrok.com and set {TOKEN} to it, or take cloudflared, which asks for none.",
        )
    return Path(on_path)


CLOUDFLARED = Agent(
    name="cloudflared",
    arguments=("tunnel", "--no-autoupdate", "--url", "http://127.0.0.1:{port}"),
    # The service that hands out tunnels has such an address, too, and stands in lines about errors.
    opened=re.compile(r"(https://(?!api\.)[a-z0-9-]+\.trycloudflare\.com)"),
    connected=re.compile(r"Registered tunnel connection"),
    find=_cloudflared,
)
NGROK = Agent(
    name="ngrok",
    arguments=("http", "127.0.0.1:{port}", "--log", "stdout", "--log-format", "logfmt"),
    opened=re.compile(r'msg="started tunnel".* url=(https://\S+)'),
    connected=re.compile(r'msg="started tunnel"'),
    find=_ngrok,
)
AGENTS = {agent.name: agent for agent in (CLOUDFLARED, NGROK)}
