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
from core.models.sources import file_path, snapshot

DIGEST = re.compile(r"-([0-9a-f]{8,})\.pth$")
SHA256, GIT_SHA1 = re.compile("[0-9a-f]{64}"), re.compile("[0-9a-f]{40}")


def damaged(model: Model) -> list[Path]:
    """The files of a downloaded model that do not hold what their name says; empty where it is not here at all."""
    if model.url:
        path = file_path(model)
        return [path] if path.is_file() and difference(path, path.name) else []
    folder = snapshot(model)
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder else []
    return [path for path in files if difference(path, path.resolve().name)]


def remove(path: Path) -> None:
    """Take a damaged file out of the cache, so that the next download fetches it anew."""
    kept = path.resolve()
    path.unlink()
    kept.unlink(missing_ok=True)


def difference(path: Path, name: str) -> str:
    """What differs between a file and the checksum that `name` holds; empty where nothing does, or it holds none."""
    if named := DIGEST.search(name):
        kind, expected, found = "SHA-256", named[1], _digest(path, hashlib.sha256)[: len(named[1])]
    elif SHA256.fullmatch(name):
        kind, expected, found = "SHA-256", name, _digest(path, hashlib.sha256)
    elif GIT_SHA1.fullmatch(name):
        head = f"blob {path.stat().st_size}\0".encode()
        kind, expected = "checksum", name
        found = _digest(path, lambda: hashlib.sha1(head, usedforsecurity=False))
    else:
        return ""
    if found == expected:
        return ""
    return f"its {kind} begins with {found[:8]}, that of the published file with {expected[:8]}"


def _digest(path: Path, begin: Callable[[], Any]) -> str:
    with path.open("rb") as file:
        return str(hashlib.file_digest(file, begin).hexdigest())
