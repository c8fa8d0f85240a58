"""How many threads of the processor a run computes with, decided anew for every run. Worker side.

A twin's layers are so small that a second thread waits more than it works: on a busy 2-core machine one picture took
7 s on two threads and 3 s on one. All other models take every thread. It is said for each run, because the detector's
library lowers the number for the whole process, and the next student's run would be measured with what it left.
"""

from functools import lru_cache

from core.runs.settings import ModelSettings


def use_threads(settings: ModelSettings) -> None:
    """One thread for a twin on the CPU, else as many as torch took when this process began."""
    import torch

    every = _threads_at_start()
    torch.set_num_threads(1 if settings.source == "embedded" and settings.device == "cpu" else every)


def use_one_thread() -> None:
    """One thread, for a network that is as small as a twin."""
    import torch

    _threads_at_start()
    torch.set_num_threads(1)


@lru_cache
def _threads_at_start() -> int:
    import torch

    return int(torch.get_num_threads())
