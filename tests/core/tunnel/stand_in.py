"""Plays cloudflared or ngrok: prints the lines of the real one, and forwards TCP from a local port to the app.

Its name says which of them. STAND_IN in the environment says how it behaves: `open`, `refused`, `silent`,
`unconfirmed`, `dies` after STAND_IN_S seconds, or `stubborn`, which does not listen to SIGTERM. Every start adds a line
to the file that STAND_IN_FILE names: the port that it listens on, its process id, and ngrok's token.
"""

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

BORDER = "+" + "-" * 92 + "+"
NOW = "2026-11-30T08:00:00Z"


def cloudflared(mode: str, number: int) -> None:
    say(sys.stderr, f"{NOW} INF Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a …")
    say(sys.stderr, f"{NOW} INF Requesting new quick Tunnel on trycloudflare.com...")
    if mode == "refused":
        say(
            sys.stderr,
            'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup '
            "api.trycloudflare.com: no such host",
        )
        sys.exit(1)
    if mode == "silent":
        time.sleep(600)
    address = f"https://calm-sea-red-house-{number}.trycloudflare.com"
    for text in (
        BORDER,
        "|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |",
        f"|  {address:<90}|",
        BORDER,
        "Version 2026.9.1 (Checksum 0000)",
        "Initial protocol quic",
    ):
        say(sys.stderr, f"{NOW} INF {text}")
    if mode != "unconfirmed":
        told = (
            "Registered tunnel connection connIndex=0 connection=0 event=0 ip=198.51.100.1 location=fra01 protocol=quic"
        )
        say(sys.stderr, f"{NOW} INF {told}")


def ngrok(mode: str, number: int) -> None:
    if mode == "refused":
        say(sys.stdout, "ERROR:  authentication failed: The authtoken you specified is invalid.")
        say(sys.stdout, "ERROR:  ERR_NGROK_107")
        sys.exit(1)
    say(
        sys.stdout,
        't=2026-11-30T08:00:00+0000 lvl=info msg="open config file" path=ngrok.yml err=nil',
    )
    say(
        sys.stdout,
        't=2026-11-30T08:00:00+0000 lvl=info msg="started tunnel" obj=tunnels name=command_line '
        f"addr=http://127.0.0.1 url=https://1a2b-{number}.ngrok-free.app",
    )


def say(stream: object, line: str) -> None:
    print(line, file=stream, flush=True)  # type: ignore[call-overload]


def copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        target.close()


def forward(door: socket.socket, port: int) -> None:
    while True:
        visitor, _ = door.accept()
        app = socket.create_connection(("127.0.0.1", port))
        for pair in ((visitor, app), (app, visitor)):
            threading.Thread(target=copy, args=pair, daemon=True).start()


def app_port(arguments: list[str]) -> int:
    return int(next(each for each in arguments if "127.0.0.1:" in each).rpartition(":")[2])


def main() -> None:
    mode, note = os.environ.get("STAND_IN", "open"), Path(os.environ["STAND_IN_FILE"])
    if mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    door = socket.create_server(("127.0.0.1", 0))
    number = len(note.read_text().splitlines()) if note.exists() else 0
    with note.open("a") as file:
        file.write(f"{door.getsockname()[1]} {os.getpid()} {os.environ.get('NGROK_AUTHTOKEN', '')}\n")
    {"cloudflared": cloudflared, "ngrok": ngrok}[Path(sys.argv[0]).name](mode, number)
    threading.Thread(target=forward, args=(door, app_port(sys.argv)), daemon=True).start()
    if mode == "dies":
        time.sleep(float(os.environ["STAND_IN_S"]))
        say(sys.stderr, f'{NOW} ERR Connection terminated error="the edge closed it"')
        os._exit(1)
    while True:
        say(sys.stderr, f"{NOW} INF " + "x" * 200)  # more than a pipe holds, soon
        time.sleep(0.005)


main()
