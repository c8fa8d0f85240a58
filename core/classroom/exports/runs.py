"""The runs of a class as one table: who ran what where, and what it took."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.cells import Cell
from core.classroom.exports.files import Column, Table, iso
from core.runs.records import Record, reading, row

METERS = {
    "allocated": "bytes in tensors on the GPU",
    "reserved": "bytes that PyTorch kept on the GPU",
    "device_used": "bytes in use on the whole GPU",
    "process_rss": "bytes of host memory of the process",
}
COLUMNS = (
    Column("run_id", "text", "Id of the run record."),
    Column("student", "text", "The handle that the student chose."),
    Column("question", "text", "The question's page that it was started from; empty for a lab's own page."),
    Column("created_at", "text", "When it began, ISO 8601 in UTC."),
    Column("lab", "text", "Name of the lab."),
    Column("state", "text", "finished, failed or cancelled."),
    Column("error", "text", "Kind of the error of a run that did not finish."),
    Column("device", "text", "cpu or cuda."),
    Column("device_name", "text", "The processor or GPU that it ran on."),
    Column("machine", "text", "The machine, in one line."),
    Column("model", "text", "The main model; empty where none was loaded."),
    Column("source", "text", "Where its weights came from: hub, dummy (random, true size) or embedded (small twin)."),
    Column("dtype", "text", "Precision that it was computed in."),
    Column("parameters", "integer", "Parameters of the model."),
    Column("weights_bytes", "integer", "Bytes of its weights in memory at that precision."),
    Column("repeats", "integer", "Timed passes that were made."),
    Column("first_s", "number", "Seconds of the first pass, the cold one."),
    Column("fastest_s", "number", "Seconds of the fastest pass."),
    Column("tokens_per_s", "number", "Tokens per second of the fastest pass."),
    *(Column(f"peak_{meter}_bytes", "integer", f"Highest {told}, while it ran.") for meter, told in METERS.items()),
    Column(
        "resident_bytes", "integer", "Bytes of other runs' models on the same device meanwhile, part of those peaks."
    ),
    Column("growth_gib", "number", "GiB that the main meter (device_used on a GPU, else process_rss) grew by."),
    Column("limit_kind", "text", "What bounds it here: bandwidth or compute."),
    Column("limit_value", "number", "That bound, in limit_unit."),
    Column("limit_unit", "text", "Unit of limit_value."),
    Column("foreign_cores", "number", "Cores' worth of work that other programs did meanwhile."),
    Column("fresh_process", "truth", "Whether its process had run nothing before."),
)


@dataclass(frozen=True)
class RunRow:
    """One run: whose, from which question's page, and its record (`core/measure/run.schema.json`)."""

    student: str
    question: str | None
    record: Record


def runs_table(rows: Iterable[RunRow]) -> Table:
    """The table `runs`, in the order given; a figure that could not be had is empty."""
    cells = [_cells(each) for each in rows]
    return Table("runs", COLUMNS, tuple(tuple(found.get(column.name) for column in COLUMNS) for found in cells))


def _cells(each: RunRow) -> dict[str, Cell]:
    record = each.record
    flat, limit, environment = row(record), _part(record, "limit"), _part(record, "environment")
    peaks = {f"peak_{meter}_bytes": reading(record, "peak", meter) for meter in METERS}
    return {
        **{name: flat[name] for name in ("lab", "state", "device", "model", "dtype", "parameters", "repeats")},
        **{name: flat[name] for name in ("fastest_s", "tokens_per_s", "growth_gib")},
        "run_id": record["id"],
        "student": each.student,
        "question": each.question,
        "created_at": iso(datetime.fromisoformat(record["created_at"])),
        "error": _part(record, "error").get("kind"),
        "device_name": record["device"].get("name"),
        "machine": environment.get("machine"),
        "source": flat["weights"],
        "weights_bytes": _model(record).get("weights_bytes"),
        "first_s": next((repeat["wall_s"] for repeat in record.get("repeats") or []), None),
        **{name: None if peak is None else int(peak) for name, peak in peaks.items()},
        "resident_bytes": _part(record, "memory").get("resident_bytes"),
        "limit_kind": limit.get("kind"),
        "limit_value": limit.get("value"),
        "limit_unit": limit.get("unit"),
        "foreign_cores": _part(record, "conditions").get("foreign_cores"),
        "fresh_process": record.get("fresh_process"),
    }


def _part(record: Record, name: str) -> dict[str, Any]:
    return record.get(name) or {}


def _model(record: Record) -> dict[str, Any]:
    return record.get("model") or next(iter(record.get("models") or []), None) or {}
