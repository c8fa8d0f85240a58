"""One file over HTTP: begun again where it was cut, tried again where it stalls, checked before it counts as here.

The bytes lie in `<name>.part` until they are whole; whoever is stopped or killed leaves them there, and the next one
asks for the rest (`Range`). A server that cannot do that sends everything anew.

>>> fetch_file("https://…/model.safetensors", path, Transfer(), digest="0e9a…")
"""

import threading
import time
from collections import deque
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from filelock import FileLock

from core.config import config
from core.models.verifying import difference

CHUNK_BYTES = 256 * 1024
RATE_WINDOW_S = 5.0
STALL_S = 20.0
"""A server that sends nothing for so long is asked anew."""
TRIES = 5
"""In a row that brought no byte."""
PAUSE_S = 1.0
"""Before the second try; doubled before every further one."""
LONGEST_PAUSE_S = 60.0
PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which the same question may be answered otherwise a little later."""


class StoppedError(Exception):
    """Raised inside a transfer whose run was stopped."""


class Transfer:
    """Counts the bytes of one download of several files, from any thread."""

    def __init__(self) -> None:
        self.total_bytes = 0
        self._done_bytes = self._found_bytes = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._history: deque[tuple[float, int]] = deque()

    def add(self, more_bytes: int) -> None:
        """Count, or raise StoppedError. Bytes that have to come once more are taken off again."""
        if self._stop.is_set():
            raise StoppedError
        with self._lock:
            self._done_bytes += more_bytes

    def found(self, kept_bytes: int) -> None:
        """Count what an earlier transfer left; the rate does not."""
        self.add(kept_bytes)
        with self._lock:
            self._found_bytes += kept_bytes

    def pause(self, seconds: float) -> None:
        """Wait, unless the transfer is stopped meanwhile."""
        if self._stop.wait(seconds):
            raise StoppedError

    def stop(self) -> None:
        """Let the next chunk be the last."""
        self._stop.set()

    @property
    def done_bytes(self) -> int:
        """Bytes that are here so far."""
        return self._done_bytes

    def bytes_per_s(self) -> float | None:
        """Rate over the last seconds, or None where there is none yet."""
        self._history.append((time.monotonic(), self._done_bytes - self._found_bytes))
        while self._history[-1][0] - self._history[0][0] > RATE_WINDOW_S:
            self._history.popleft()
        (start_s, start_bytes), (end_s, end_bytes) = self._history[0], self._history[-1]
        return max(0, end_bytes - start_bytes) / (end_s - start_s) if end_s > start_s else None


def fetch_file(url: str, path: Path, transfer: Transfer, digest: str, headers: Mapping[str, str] | None = None) -> None:
    """Bring `url` to `path`, unless it is there.

    Args:
        digest: what `core.models.verifying` reads a checksum from: an entity tag of the Hub, or the file's name.
        headers: for the server of `url` alone; another one that it sends us to does not get them.

    Raises:
        StoppedError: `transfer` was stopped; what came stays for the next time.
        OSError: `TRIES` tries brought nothing, the disk is full, or what came is not what was published. HTTPError
            (which is an OSError) where the server refuses.
    """
    locks = config().cache_dir / "locks"
    for folder in (path.parent, locks):
        folder.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with FileLock(locks / f"{path.name}.lock"):
        if path.exists():
            return
        request = Request(url)
        for name, value in (headers or {}).items():
            request.add_unredirected_header(name, value)
        _fetch_patiently(request, part, transfer)
        if told := difference(part, digest):
            part.unlink()
            raise OSError(told)
        part.replace(path)


def _fetch_patiently(request: Request, part: Path, transfer: Transfer) -> None:
    transfer.found(_size(part))
    tries = 0
    while True:
        before = _size(part)
        try:
            return _fetch_rest(request, part, transfer)
        except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
            if isinstance(error, HTTPError) and error.code not in PASSING:
                raise
            tries = 1 if _size(part) > before else tries + 1
            if tries >= TRIES:
                raise
            transfer.pause(_pause_s(error, tries))


def _pause_s(error: Exception, tries: int) -> float:
    """As the server asks for it (`Retry-After`), or growing."""
    asked = error.headers.get("Retry-After", "") if isinstance(error, HTTPError) else ""
    return min(LONGEST_PAUSE_S, float(asked) if asked.isdecimal() else PAUSE_S * 2.0 ** (tries - 1))


def _fetch_rest(request: Request, part: Path, transfer: Transfer) -> None:
    kept = _size(part)
    request.headers.pop("Range", None)
    if kept:
        request.add_header("Range", f"bytes={kept}-")
    try:
        answer = urlopen(request, timeout=STALL_S)
    except HTTPError as error:
        if error.code == 416 and kept:  # nothing is left to send; the checksum says whether that is all
            return
        raise
    with answer, part.open("ab") as file:
        if kept and answer.status != 206:
            file.truncate(0)
            transfer.add(-kept)
            kept = 0
        expected = kept + int(answer.headers.get("Content-Length") or 0)
        _copy(answer, file, transfer)
        if file.tell() < expected:
            raise ConnectionError(f"only {file.tell()} of {expected} bytes arrived")


def _copy(answer: BinaryIO, file: BinaryIO, transfer: Transfer) -> None:
    while chunk := answer.read(CHUNK_BYTES):
        file.write(chunk)
        transfer.add(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
