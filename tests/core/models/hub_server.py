"""A Hub on this machine: speaks as much of its protocol as downloading a snapshot takes."""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PIECE_BYTES = 65_536
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Serves the files of `folder` as the repository `repo`; every other repository is gone.

    Attributes:
        refuse: status and error code for every request, e.g. (403, "GatedRepo").
        pause_s: wait between pieces of PIECE_BYTES.
        cut: send only half of every file.
        cut_after: hang up after so many bytes of the next answers; one entry an answer.
        failures: refuse that many requests for a file with 503 first.
        stall_s: say nothing for so long in the middle of the next file, once.
        has_ranges: whether a part of a file can be asked for.
        sent_bytes: of files, so far.
        elsewhere: another server, which has the files themselves, as the real Hub's for large ones.
        tokens: what every request had as its Authorization.
    """

    daemon_threads = True

    def __init__(self, repo: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repo, self.folder = repo, folder
        self.refuse: tuple[int, str] | None = None
        self.pause_s = 0.0
        self.cut = False
        self.cut_after: list[int] = []
        self.failures = 0
        self.stall_s = 0.0
        self.has_ranges = True
        self.sent_bytes = 0
        self.elsewhere: Hub | None = None
        self.tokens: list[str | None] = []
        self.requests: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        hub, path = self.server, self.path.partition("?")[0]
        hub.requests.append(f"{self.command} {path}")
        hub.tokens.append(self.headers.get("Authorization"))
        if hub.refuse:
            self._answer(hub.refuse[0], b"", {"X-Error-Code": hub.refuse[1], "X-Error-Message": "refused"})
        elif path == "/":
            self._answer(200, b"a Hub")
        elif path.startswith(f"/api/models/{hub.repo}/revision/"):
            siblings = [{"rfilename": name} for name in self._files()]
            self._json({"_id": "1", "id": hub.repo, "modelId": hub.repo, "sha": COMMIT, "siblings": siblings})
        elif path.startswith(f"/api/models/{hub.repo}/tree/"):
            self._json(
                [
                    {"type": "file", "oid": self._hash(name), "size": size, "path": name}
                    for name, size in self._files().items()
                ]
            )
        elif path.startswith(f"/{hub.repo}/resolve/") and (name := path.split("/", 5)[5]) in self._files():
            self._file(name)
        else:
            self._answer(404, b"", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})

    def _file(self, name: str) -> None:
        hub, body = self.server, (self.server.folder / name).read_bytes()
        headers = {"ETag": f'"{self._hash(name)}"', "X-Repo-Commit": COMMIT}
        if hub.elsewhere:
            linked = {"X-Linked-Etag": headers["ETag"], "X-Linked-Size": str(len(body))}
            self._answer(302, b"", headers | linked | {"Location": f"{hub.elsewhere.address}{self.path}"})
            return
        if self.command == "GET" and hub.failures:
            hub.failures -= 1
            self._answer(503, b"", {"Retry-After": "0"})
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if hub.has_ranges else None
        start = int(asked[1]) if asked else 0
        if start > len(body):
            self._answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
        elif asked:
            part = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
            self._answer(206, body[start:], headers | part)
        else:
            self._answer(200, body, headers)

    def _files(self) -> dict[str, int]:
        folder = self.server.folder
        return {p.relative_to(folder).as_posix(): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}

    def _entry(self, name: str, size: int) -> dict[str, object]:
        return {"type": "file", "oid": self._hash(name), "size": size, "path": name}

    def _hash(self, name: str) -> str:
        """As the Hub names files: those kept in LFS by their SHA-256, small ones by git's SHA-1."""
        body = (self.server.folder / name).read_bytes()
        if name.endswith(".safetensors"):
            return hashlib.sha256(body).hexdigest()
        return hashlib.sha1(f"blob {len(body)}\0".encode() + body).hexdigest()

    def _json(self, content: object) -> None:
        self._answer(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        hub, is_file = self.server, status in (200, 206) and len(body) > 1000
        if hub.cut and is_file:
            body, self.close_connection = body[: len(body) // 2], True
        if hub.cut_after and is_file:
            body, self.close_connection = body[: hub.cut_after.pop(0)], True
        for start in range(0, len(body), PIECE_BYTES):
            if is_file and start and hub.stall_s:
                pause_s, hub.stall_s = hub.stall_s, 0.0
                time.sleep(pause_s)
            piece = body[start : start + PIECE_BYTES]
            hub.sent_bytes += len(piece) if is_file else 0
            self.wfile.write(piece)
            time.sleep(hub.pause_s)


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()
