"""torch.compile, measured: it costs what it costs the first time, and leaves nothing to the next run. Worker side.

What was compiled before is kept in memory and, by default, on the disk. Left there, a second run would measure no
compilation; and compiled code and recorded CUDA graphs keep their buffers on the GPU.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

BFLOAT16_FROM = (8, 0)
NO_BFLOAT16 = "torch.compile has no bfloat16 on this GPU, which only imitates it: choose float16."


def why_not_compiled(device: str, dtype: str) -> str | None:
    """Why torch.compile cannot compile for a device in a precision; None where it can."""
    is_gpu = device.startswith("cuda") and dtype == "bfloat16"
    return NO_BFLOAT16 if is_gpu and torch.cuda.get_device_capability(device) < BFLOAT16_FROM else None


@contextmanager
def compiler_as_new(must_record_graphs: bool = False) -> Iterator[None]:
    """Compile with empty caches inside; afterwards forget what was compiled, and cache again as before.

    Args:
        must_record_graphs: fail where the compiler would do without CUDA graphs, which it else says nowhere.
    """
    before = torch.compiler.config.force_disable_caches
    torch.compiler.config.force_disable_caches = True
    torch.compiler.reset()
    try:
        with _graphs_or_error() if must_record_graphs else nullcontext():
            yield
    finally:
        torch.compiler.reset()
        torch.compiler.config.force_disable_caches = before


def _graphs_or_error() -> AbstractContextManager[Any]:
    import torch._inductor.config as inductor

    patched: AbstractContextManager[Any] = inductor.patch({"triton.cudagraph_or_error": True})
    return patched
