"""How much of a file the operating system already holds in memory: a load from there says nothing about the disk.

>>> cached_share([Path("model.safetensors")])
(1.0, '')
"""

import ctypes
import mmap
import sys
from collections.abc import Iterable
from pathlib import Path


def cached_share(files: Iterable[Path]) -> tuple[float | None, str]:
    """Share of the files' pages that are in memory, 0 to 1, or None and why it cannot be told."""
    if sys.platform != "linux":
        return None, f"{sys.platform} does not say which files are in memory"
    try:
        counted = [_pages(path) for path in files if path.stat().st_size]
    except OSError as error:
        return None, f"the files could not be looked at: {error}"
    total = sum(pages for _, pages in counted)
    return (sum(cached for cached, _ in counted) / total, "") if total else (None, "there are no files to look at")


def _pages(path: Path) -> tuple[int, int]:
    """Pages in memory, and all pages, of one file."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as view:
        pages = -(-len(view) // mmap.PAGESIZE)
        found = (ctypes.c_ubyte * pages)()
        start = ctypes.c_char.from_buffer(view)
        libc = ctypes.CDLL(None, use_errno=True)
        failed = libc.mincore(ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(len(view)), found)
        del start  # the view cannot be closed while something points into it
        if failed:
            raise OSError(ctypes.get_errno(), "mincore failed", str(path))
        return sum(page & 1 for page in found), pages
