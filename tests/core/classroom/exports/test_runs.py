import io
from typing import Any

import pyarrow.parquet as pq

from core.classroom.exports import RunRow, parquet_bytes, runs_table
from tests.core.classroom.exports.examples import a_run


def as_dict(student: str, question: str | None, record: dict[str, Any]) -> dict[str, Any]:
    table = runs_table([RunRow(student, question, record)])
    return dict(zip((column.name for column in table.columns), table.rows[0], strict=True))


def test_a_row_tells_who_ran_what_and_what_it_took() -> None:
    memory = {
        "peak": {"process_rss_bytes": 3 * 2**30, "allocated_bytes": None},
        "baseline": {"process_rss_bytes": 2**30},
        "resident_bytes": 2**29,
    }
    limit = {"kind": "bandwidth", "value": 20.0, "unit": "tokens/s"}
    row = as_dict("Ada", "Q4", a_run(memory=memory, limit=limit, fresh_process=True, conditions={"foreign_cores": 0.5}))
    assert (row["run_id"], row["student"], row["question"], row["lab"]) == ("r1", "Ada", "Q4", "text_generation")
    assert (row["device"], row["device_name"], row["machine"]) == ("cpu", "a processor", "a machine")
    assert (row["model"], row["source"], row["dtype"]) == ("Qwen3-0.6B", "dummy", "float32")
    assert (row["first_s"], row["fastest_s"], row["tokens_per_s"], row["repeats"]) == (18.0, 16.6, 6.0, 2)
    assert row["peak_process_rss_bytes"] == 3 * 2**30 and row["peak_allocated_bytes"] is None
    assert row["resident_bytes"] == 2**29
    assert (row["limit_kind"], row["limit_value"], row["limit_unit"]) == ("bandwidth", 20.0, "tokens/s")
    assert row["created_at"] == "2026-11-20T14:03:09.123Z" and row["fresh_process"] is True
    assert row["foreign_cores"] == 0.5 and row["error"] is None


def test_a_run_that_measured_nothing_has_empty_cells_and_no_zeros() -> None:
    failed = {"state": "failed", "model": None, "models": [], "repeats": [], "memory": {"baseline": None, "peak": None}}
    row = as_dict("Ada", None, a_run(**failed, error={"kind": "out_of_memory"}, conditions=None))
    assert (row["state"], row["error"], row["repeats"]) == ("failed", "out_of_memory", 0)
    assert row["resident_bytes"] is None
    empty = ("model", "first_s", "fastest_s", "tokens_per_s", "peak_process_rss_bytes", "growth_gib", "limit_kind")
    assert [row[name] for name in empty] == [None] * len(empty)


def test_the_rows_fit_their_columns_types() -> None:
    read = pq.read_table(io.BytesIO(parquet_bytes(runs_table([RunRow("Ada", "Q4", a_run())]))))
    assert read.num_rows == 1


def test_every_column_is_explained() -> None:
    assert all(column.meaning.endswith(".") for column in runs_table([]).columns)
