"""Downloads pretrained weights, with progress in bytes, a rate, and an end as soon as the run is stopped.

The Hub's client runs in a thread of its own; the caller's thread reports and asks four times a second whether to
stop, so a stop takes effect at once even if the network stands still. A stopped transfer ends at its next chunk;
whole files stay in Hugging Face's cache.

    >>> download(CATALOG["qwen3-0.6b"], SilentProgress())
    (PosixPath('/home/you/.cache/huggingface/hub/models--Qwen--Qwen3-0.6B/snapshots/c1899de…'), 'c1899de…')
"""

import hashlib
import os
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

from core.errors import LabError
from core.measure.progress import Progress
from core.models.catalog import Model
from core.models.download_errors import explained, no_space, offline
from core.models.environment import prepare
from core.models.sources import endpoint, file_path, hub_cache, is_offline, snapshot

T = TypeVar("T")
CHUNK_BYTES = 256 * 1024
WATCH_S = 0.25
RATE_WINDOW_S = 5.0
STOP_PATIENCE_S = 1.0
FILES_AT_ONCE = 4
MIRRORS = {"ultralytics/assets": "YOLO_ASSETS_URL", "pytorch/vision": "TORCHVISION_WEIGHTS_URL"}
DIGEST = re.compile(r"-([0-9a-f]{8,})\.pth$")


class StoppedError(Exception):
    """Raised inside a transfer whose run was stopped."""


class Transfer:
    """Counts the bytes of one download, from any thread."""

    def __init__(self) -> None:
        self.total_bytes = 0
        self._counts: dict[object, int] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._history: deque[tuple[float, int]] = deque()

    def add(self, counter: object, more_bytes: int) -> None:
        """Count, or raise StoppedError. The client counts one transfer on several counters; they are not summed."""
        if self._stop.is_set():
            raise StoppedError
        with self._lock:
            self._counts[counter] = self._counts.get(counter, 0) + more_bytes

    def stop(self) -> None:
        """Let the next chunk be the last."""
        self._stop.set()

    @property
    def done_bytes(self) -> int:
        """Bytes transferred so far."""
        with self._lock:
            return max(self._counts.values(), default=0)

    def bytes_per_s(self) -> float | None:
        """Rate over the last seconds, or None where there is none yet."""
        self._history.append((time.monotonic(), self.done_bytes))
        while self._history[-1][0] - self._history[0][0] > RATE_WINDOW_S:
            self._history.popleft()
        (start_s, start_bytes), (end_s, end_bytes) = self._history[0], self._history[-1]
        return (end_bytes - start_bytes) / (end_s - start_s) if end_s > start_s else None


def download(model: Model, progress: Progress) -> tuple[Path, str | None]:
    """Where the pretrained weights of `model` are, after downloading what is missing; and their revision.

    Nothing goes over the network if everything is there already.

    Raises:
        WeightsUnavailable: no network, no such repository, no space; the remedy says what to do.
        RunCancelled, RunTimedOut: `progress` asked to stop.
    """
    found = (file_path(model) if file_path(model).is_file() else None) if model.url else snapshot(model)
    if found is None:
        if is_offline():
            raise offline(model)
        found = _transferred(model, progress)
    return found, model.revision if model.url else found.name


def _transferred(model: Model, progress: Progress) -> Path:
    transfer = Transfer()
    fetch = _fetch_file if model.url else _fetch_snapshot
    future = _in_thread(lambda: fetch(model, transfer))
    _watch(future, transfer, f"Downloading {model.title}", progress)
    try:
        return future.result()
    except LabError:
        raise
    except Exception as error:
        raise explained(error, model) from error


def _in_thread(work: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # the caller's thread raises it again
            future.set_exception(error)

    threading.Thread(target=run, name="download", daemon=True).start()
    return future


def _watch(future: Future[Path], transfer: Transfer, stage: str, progress: Progress) -> None:
    while not future.done():
        try:
            progress.check()
        except LabError:
            transfer.stop()
            wait([future], STOP_PATIENCE_S)
            raise
        wait([future], WATCH_S)
        progress.report(stage, transfer.done_bytes, transfer.total_bytes, bytes_per_s=transfer.bytes_per_s())


def _fetch_snapshot(model: Model, transfer: Transfer) -> Path:
    prepare()
    import huggingface_hub

    huggingface_hub.constants.HF_HUB_DISABLE_XET = True  # also where it was imported before `prepare`
    huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES  # its 10 MB are half a minute on a slow line
    request: dict[str, Any] = {
        "repo_id": model.repo,
        "revision": model.revision,
        "allow_patterns": list(model.allow_patterns),
        "endpoint": endpoint(),
        "cache_dir": hub_cache(),
        "max_workers": FILES_AT_ONCE,
    }
    files = huggingface_hub.snapshot_download(**request, tqdm_class=_bar(Transfer()), dry_run=True)
    transfer.total_bytes = sum(file.file_size for file in files if file.will_download)
    _check_disk(hub_cache(), transfer.total_bytes, model)
    return Path(huggingface_hub.snapshot_download(**request, tqdm_class=_bar(transfer)))


def _bar(transfer: Transfer) -> type:
    """A progress bar class that draws nothing and counts into `transfer`."""
    from huggingface_hub.utils import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.counts_bytes = kwargs.get("unit") == "B"
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            if self.counts_bytes:
                transfer.add(id(self), int(n or 0))
            return None

    return Bar


def _fetch_file(model: Model, transfer: Transfer) -> Path:
    """Plain HTTP to a temporary file. The variables in MIRRORS name another folder to take the file from."""
    path, url = file_path(model), str(model.url)
    if mirror := os.environ.get(MIRRORS[model.repo]):
        url = f"{mirror.rstrip('/')}/{path.name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with urlopen(url, timeout=10) as answer, part.open("wb") as file:
            transfer.total_bytes = int(answer.headers.get("Content-Length") or 0)
            _check_disk(path.parent, transfer.total_bytes, model)
            while chunk := answer.read(CHUNK_BYTES):
                transfer.add(path, len(chunk))
                file.write(chunk)
        if transfer.done_bytes < transfer.total_bytes:
            raise ConnectionError(f"only {transfer.done_bytes} of {transfer.total_bytes} bytes arrived")
        _check_digest(part, path.name)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _check_digest(file: Path, name: str) -> None:
    """Compare a file with its published name, where that holds the begin of its SHA-256 (`resnet50-0676ba61.pth`)."""
    if named := DIGEST.search(name):
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if not found.startswith(named[1]):
            raise OSError(
                f"its SHA-256 begins with {found[: len(named[1])]}, that of the published file with {named[1]}"
            )


def _check_disk(folder: Path, missing_bytes: int, model: Model) -> None:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < missing_bytes:
        raise no_space(model, missing_bytes, free_bytes, existing)
