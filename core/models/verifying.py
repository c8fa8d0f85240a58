"""Whether downloaded files still are what was published, without asking anybody.

Hugging Face's cache calls a file by its digest: a large one by its SHA-256, a small one by git's SHA-1. The weights of
torchvision have the begin of theirs in their name. A file without one cannot be told.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.models.catalog import Model
from core.models.hub import DIGEST
from core.models.sources import file_path, snapshot

SHA256, GIT_SHA1 = re.compile("[0-9a-f]{64}"), re.compile("[0-9a-f]{40}")


def damaged(model: Model) -> list[Path]:
    """The files of a downloaded model that do not hold what their name says; empty where it is not here at all."""
    if model.url:
        path = file_path(model)
        return [path] if path.is_file() and not _is_whole(path) else []
    folder = snapshot(model)
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder else []
    return [path for path in files if not _is_whole(path.resolve())]


def remove(path: Path) -> None:
    """Take a damaged file out of the cache, so that the next download fetches it anew."""
    kept = path.resolve()
    path.unlink()
    kept.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    if named := DIGEST.search(path.name):
        return _digest(path, hashlib.sha256).startswith(named[1])
    if SHA256.fullmatch(path.name):
        return _digest(path, hashlib.sha256) == path.name
    if GIT_SHA1.fullmatch(path.name):
        head = f"blob {path.stat().st_size}\0".encode()
        return _digest(path, lambda: hashlib.sha1(head, usedforsecurity=False)) == path.name
    return True


def _digest(path: Path, begin: Callable[[], Any]) -> str:
    with path.open("rb") as file:
        return str(hashlib.file_digest(file, begin).hexdigest())
