"""Downloads pretrained weights, with progress in bytes, a rate, and an end as soon as the run is stopped.

The bytes come in threads of their own; the caller's thread reports and asks four times a second whether to stop, so a
stop takes effect at once even if the network stands still. A stopped transfer ends at its next chunk, and the next one
goes on from there (`core.models.transfer`).

    >>> download(CATALOG["qwen3-0.6b"], SilentProgress())
    (PosixPath('/home/you/.cache/huggingface/hub/models--Qwen--Qwen3-0.6B/snapshots/c1899de…'), 'c1899de…')
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import Request, urlopen

from core.errors import LabError
from core.measure.progress import Progress
from core.models.catalog import Model
from core.models.download_errors import explained, no_space, offline
from core.models.environment import prepare
from core.models.sources import endpoint, file_path, free_disk, hub_cache, is_offline, repo_folder, snapshot
from core.models.transfer import STALL_S, Transfer, fetch_file

T = TypeVar("T")
WATCH_S = 0.25
STOP_PATIENCE_S = 1.0
FILES_AT_ONCE = 4
MIRRORS = {"ultralytics/assets": "YOLO_ASSETS_URL", "pytorch/vision": "TORCHVISION_WEIGHTS_URL"}


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
    try:
        while not future.done():
            progress.check()
            wait([future], WATCH_S)
            progress.report(stage, transfer.done_bytes, transfer.total_bytes, bytes_per_s=transfer.bytes_per_s())
    except BaseException:  # Ctrl-C, too: no thread may go on alone
        transfer.stop()
        wait([future], STOP_PATIENCE_S)
        raise


def _fetch_snapshot(model: Model, transfer: Transfer) -> Path:
    """The Hub's client lists the files and lays them out in its cache; their bytes come by `fetch_file` in between."""
    prepare()
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    request: dict[str, Any] = {
        "repo_id": model.repo,
        "revision": model.revision,
        "allow_patterns": list(model.allow_patterns),
        "endpoint": endpoint(),
        "cache_dir": hub_cache(),
        "max_workers": FILES_AT_ONCE,
    }
    files = snapshot_download(**request, dry_run=True)
    wanted = [file for file in files if file.will_download]
    transfer.total_bytes = sum(file.file_size for file in wanted)
    blobs = hub_cache() / repo_folder(model) / "blobs"
    kept_bytes = sum(part.stat().st_size for part in blobs.glob("*.part"))
    _check_disk(transfer.total_bytes - kept_bytes, model)
    with ThreadPoolExecutor(FILES_AT_ONCE) as threads:
        transfers = [threads.submit(_fetch_blob, model, file, blobs, transfer) for file in wanted]
        try:
            for each in as_completed(transfers):
                each.result()
        except BaseException:
            transfer.stop()  # the other files need not come either
            raise
    return Path(snapshot_download(**request))


def _fetch_blob(model: Model, file: Any, blobs: Path, transfer: Transfer) -> None:
    """One file of a repository to where the Hub's client looks for its bytes: under their entity tag."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(model.repo, file.filename, revision=file.commit_hash, endpoint=endpoint())
    tag = get_hf_file_metadata(url, endpoint=endpoint(), retry_on_errors=True).etag
    # Not from where the Hub sends us for a large file: that address is good for an hour, and this may take longer.
    fetch_file(url, blobs / tag, transfer, tag, build_hf_headers())


def _fetch_file(model: Model, transfer: Transfer) -> Path:
    """The one file of a model with a `url`. The variables in MIRRORS name another folder to take it from."""
    path, url = file_path(model), str(model.url)
    if mirror := os.environ.get(MIRRORS[model.repo]):
        url = f"{mirror.rstrip('/')}/{path.name}"
    with urlopen(Request(url, method="HEAD"), timeout=STALL_S) as answer:
        transfer.total_bytes = int(answer.headers.get("Content-Length") or 0)
    _check_disk(transfer.total_bytes, model)
    fetch_file(url, path, transfer, path.name)
    return path


def _check_disk(missing_bytes: int, model: Model) -> None:
    folder, free_bytes = free_disk(model)
    if free_bytes < missing_bytes:
        raise no_space(model, missing_bytes, free_bytes, folder)
