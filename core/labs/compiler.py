"""torch.compile, measured: it costs what it costs the first time, and leaves nothing to the next run. Worker side.

What was compiled before is kept in memory and, by default, on the disk. Left there, a second run would measure no
compilation; and compiled code and recorded CUDA graphs keep their buffers on the GPU.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def compiler_as_new() -> Iterator[None]:
    """Compile with empty caches inside; afterwards forget what was compiled, and cache again as before."""
    before = torch.compiler.config.force_disable_caches
    torch.compiler.config.force_disable_caches = True
    torch.compiler.reset()
    try:
        yield
    finally:
        torch.compiler.reset()
        torch.compiler.config.force_disable_caches = before
