"""Twins compute on one thread of the processor, everything else on all of them, whatever ran before."""

import torch

from core.labs.text_to_image.settings import Settings
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import execute
from core.runs.threads import _threads_at_start, use_threads


def test_only_a_twin_on_the_cpu_takes_one_thread() -> None:
    every = _threads_at_start()
    use_threads(Settings(source="embedded", device="cpu"))
    assert torch.get_num_threads() == 1
    for settings in (Settings(source="dummy", device="cpu"), Settings(source="embedded", device="cuda")):
        use_threads(settings)
        assert torch.get_num_threads() == every


def test_the_number_that_another_library_left_does_not_reach_the_next_run() -> None:
    every = _threads_at_start()
    torch.set_num_threads(every + 1)
    use_threads(Settings(source="hub", device="cpu"))
    assert torch.get_num_threads() == every


def test_the_record_says_how_many_threads_there_were() -> None:
    settings = {"source": "embedded", "device": "cpu", "max_new_tokens": 2, "repeats": 1}
    record = execute("text_generation", settings, SilentProgress(), Resident()).record
    assert record["environment"]["torch_threads"] == 1
