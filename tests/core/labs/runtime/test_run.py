import psutil
import torch

from core.models.resident import Resident
from core.runs.execution import execute
from tests.core.labs.conftest import Watcher
from tests.core.measure.run_schema import assert_valid


def test_the_facts_are_this_machines(resident: Resident, watcher: Watcher) -> None:
    record = execute("runtime", {}, watcher, resident).record
    assert_valid(record)
    facts = record["outputs"]["facts"]
    assert 0 < facts["ram_bytes"] <= psutil.virtual_memory().total
    assert 0 < facts["disk_free_bytes"] <= facts["disk_total_bytes"]
    assert (
        facts["software"]["torch"] == torch.__version__.split("+")[0] or facts["software"]["torch"] in torch.__version__
    )
    assert facts["cuda_available"] == torch.cuda.is_available()
    assert facts["cuda_available"] or facts["gpu_reason"]


def test_every_step_of_the_looking_is_a_stage(resident: Resident, watcher: Watcher) -> None:
    record = execute("runtime", {}, watcher, resident).record
    names = [stage["name"] for stage in record["stages"]]
    assert names[-3:] == ["Reading processor, memory and disk", "Asking PyTorch for GPUs", "Reading software versions"]
    assert [stage for stage, _, _ in watcher.seen] == names
