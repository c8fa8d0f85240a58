import csv
import io
from typing import Any

from core.runs.records import as_csv, memory_growth_gib, own_peak, row


def record(**changes: Any) -> dict[str, Any]:
    return {
        "id": "r1",
        "created_at": "2026-11-20T14:03:09.123+00:00",
        "lab": "text_generation",
        "state": "finished",
        "device": {"type": "cpu", "name": "a processor"},
        "model": {"title": "Qwen3-0.6B", "source": "dummy", "parameters": 596_049_920, "dtype": "float32"},
        "repeats": [{"wall_s": 18.0}, {"wall_s": 16.6, "tokens_per_s": 6.0}],
        "memory": {"baseline": {"process_rss_bytes": 2**30}, "after_run": {"process_rss_bytes": 3 * 2**30}},
        **changes,
    }


def test_a_row_tells_the_fastest_repeat_and_the_growth() -> None:
    found = row(record())
    assert found["fastest_s"] == 16.6 and found["tokens_per_s"] == 6.0
    assert found["growth_gib"] == 2.0
    assert found["when"] == "2026-11-20 14:03"


def test_a_run_that_measured_nothing_has_empty_cells_and_no_zeros() -> None:
    found = row(record(state="failed", model=None, models=[], repeats=[], memory={"baseline": None}))
    assert found["fastest_s"] is None and found["growth_gib"] is None and found["model"] is None


def test_on_a_gpu_the_growth_is_that_of_the_whole_card() -> None:
    memory = {
        "baseline": {"device_used_bytes": 2**30},
        "after_load": {"device_used_bytes": 4 * 2**30},
        "after_run": None,
    }
    assert memory_growth_gib(record(device={"type": "cuda"}, memory=memory)) == 3.0


def test_csv_defuses_what_a_spreadsheet_would_run() -> None:
    model = {"title": "=1+1", "source": "@x", "dtype": "\t-1", "parameters": 3}
    rows = list(csv.DictReader(io.StringIO(as_csv([record(model=model)]))))
    assert rows[0]["model"] == "'=1+1" and rows[0]["weights"] == "'@x" and rows[0]["dtype"].startswith("'\t")
    assert rows[0]["parameters"] == "3"


def test_csv_of_nothing_is_empty() -> None:
    assert as_csv([]).strip() == ""


def test_the_peak_of_a_run_leaves_out_what_models_of_other_runs_held() -> None:
    memory = {"peak": {"process_rss_bytes": 5 * 2**30, "allocated_bytes": None}, "resident_bytes": 2 * 2**30}
    crowded = record(memory=memory)
    assert own_peak(crowded, "process_rss") == 3 * 2**30 and own_peak(crowded, "allocated") is None
    assert own_peak(record(memory={"peak": {"process_rss_bytes": 7}}), "process_rss") == 7
