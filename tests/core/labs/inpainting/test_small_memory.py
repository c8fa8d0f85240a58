"""SDXL inpainting in less memory than it takes: refused with the savers that help, and through with them."""

import os
import shutil
from typing import Any

import pytest

from core.config import config
from core.jobs import queue
from core.jobs.supervisor import Supervisor
from core.measure.machine import read_machine
from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import execute
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.registry import LABS
from core.store.database import session
from core.store.tables import Run
from core.units import GIB
from tests.core.jobs.waiting import wait_for_state

LIMIT_BYTES = 15 * 10**9
SMALL = {"source": "dummy", "device": "cpu", "num_inference_steps": 2, "height": 256, "width": 256}
TWIN = {"source": "embedded", "device": "cpu", "num_inference_steps": 2, "seed": 3}


def planned(**changes: Any) -> Plan:
    return plan(LABS["inpainting"], parse_settings(LABS["inpainting"], SMALL | changes), read_machine())


def test_another_saver_loads_the_pipeline_anew_and_the_same_one_does_not() -> None:
    resident = Resident(share=0.5)
    reused = []
    for savers in ((), ("vae_tiling",), ("vae_tiling",)):
        record = execute("inpainting", TWIN | {"savers": savers}, SilentProgress(), resident).record
        assert record["state"] == "finished", record["error"]
        reused.append(record["models"][-1]["reused"])
    assert reused == [False, False, True] and len(resident.keys) == 2


@pytest.mark.full_size
def test_it_goes_through_under_15_gb_with_the_savers_that_are_proposed(
    sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VRAM_LAB_MEMORY_LIMIT_GIB", str(LIMIT_BYTES / GIB))
    config.cache_clear()
    refused = planned()
    assert refused.refusal is not None and refused.refusal.kind == "out_of_memory" and refused.proposal is not None
    chosen = planned(**refused.proposal.changes)
    assert chosen.refusal is None
    workers = Supervisor(read_machine())
    workers.start()
    try:
        with session() as database:
            job_id = queue.submit(
                database,
                person_id=person,
                lab="inpainting",
                settings=chosen.queued(),
                question_id=None,
                device="cpu",
                workload=chosen.workload,
            ).id
        job = wait_for_state(job_id, "finished", "failed", limit_s=1500)
    finally:
        workers.stop()
        shutil.rmtree(config().cache_dir, ignore_errors=True)
    assert job.state == "finished", job.error
    with session() as database:
        record = database.get_one(Run, job.run_id).record
    peak = max(record["memory"][border]["process_rss_bytes"] for border in ("load_peak", "peak", "after_load"))
    if os.environ.get("SHOW_FIGURES"):
        print({"peak": peak, "repeats": record["repeats"], "stages": record["stages"]})
    assert 6 * 10**9 < peak <= LIMIT_BYTES
    assert record["models"][-1]["dtype"] == refused.proposal.changes["dtype"]
