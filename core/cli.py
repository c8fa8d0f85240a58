"""The command line: check a bank, run a lab without a browser, list the models, look after classes.

    python -m core check-bank [FILE]
    python -m core run LAB [--model ID] [--source hub|dummy|embedded] [--device cpu|cuda|cuda:N|mps]
                           [--set NAME=VALUE …] [--repeats N] [--output DIR] [--json]
    python -m core models
    python -m core stats ANSWERS.csv [--attempt first|last|best] [--json]
    python -m core classes | demo-class | passcode | unlock-teacher | teacher-token      (core.cli_classroom)
    python -m core fetch | workers | backup FILE                                         (core.cli_server)
    python -m core tunnel [--with cloudflared|ngrok] [--port N]                          (core.cli_tunnel)

Exit codes: 0 done, 1 it could not be done (the bank has errors, the run failed or was cancelled, the database cannot be
used), 2 the command was wrong.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

from core import cli_classroom, cli_server, cli_tunnel
from core.config import config
from core.errors import InvalidSettings, LabError, RunCancelled
from core.runs.lab import Lab
from core.runs.records import ending_of
from core.runs.registry import LABS
from core.units import count, gb, gib, seconds

HEADINGS = ("ID", "PARAMETERS", "FLOAT32", "FLOAT16", "BFLOAT16", "FITS", "HUB", "DUMMY", "EMBEDDED", "LICENCE")
FLAGS = ("model", "source", "device", "repeats")


class Parser(argparse.ArgumentParser):
    """Says in one line what was wrong and what to do."""

    def error(self, message: str) -> NoReturn:
        """Print the line and exit with 2."""
        self.exit(2, f"{self.prog}: {message}. Try: {self.prog} --help\n")


class TerminalProgress:
    """Writes a line to the terminal when the stage changes, and the count at most every second.

    Ctrl-C asks the run to stop at its next step; a second Ctrl-C ends the process.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._stage = ""
        self._tenth = -1
        self._stop = False

    def report(
        self,
        stage: str,
        step: int = 0,
        steps: int = 0,
        text: str | None = None,
        bytes_per_s: float | None = None,
    ) -> None:
        """One line per stage, and one per tenth of it."""
        tenth = step * 10 // steps if steps else 0
        if (stage, tenth) == (self._stage, self._tenth):
            return
        self._stage, self._tenth = stage, tenth
        of = ""
        if steps:
            is_download = bytes_per_s is not None
            of = f": {gb(step)} of {gb(steps)}" if is_download else f": {count(step)} of {count(steps)}"
        print(f"{stage}{of}", file=self._out, flush=True)

    def landed(self, wall_s: float) -> None:
        """One line per timed repeat."""
        print(f"{self._stage}: {seconds(wall_s)}", file=self._out, flush=True)

    def preview(self, picture: bytes, step: int) -> None:
        """A terminal shows no pictures; they are written to the folder at the end."""

    def memory(self, facts: dict[str, Any]) -> None:
        """It stands in the record."""

    def rate(self, per_s: float) -> None:
        """It stands in the record."""

    def limit(self, steps_per_s: float) -> None:
        """It stands in the record."""

    def value(self, name: str, step: int, value: float) -> None:
        """A line now and then; all of them stand in the record."""
        print(f"{self._stage}: step {count(step)}, {name} {value:.3g}", file=self._out, flush=True)

    def others_wait(self) -> bool:
        """A command runs in a process of its own, in which nobody waits."""
        return False

    def give_way(self) -> int:
        """Nobody waits."""
        return 0

    def check(self) -> None:
        """Raise RunCancelled after a Ctrl-C."""
        if self._stop:
            raise RunCancelled("The run was stopped from the keyboard.", "Start it again when you like.")

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler of Ctrl-C."""
        self._stop = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    code: int = options.command(options)
    return code


def _parser() -> Parser:
    parser = Parser(prog="python -m core", description="VRAM Lab without a browser.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    check = commands.add_parser("check-bank", help="report every error of a quiz bank")
    check.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: the bank of this installation")
    check.set_defaults(command=check_bank)
    run = commands.add_parser("run", help="run a lab and print its record")
    run.add_argument("lab", choices=list(LABS), metavar="LAB", help=", ".join(LABS))
    run.add_argument("--model", metavar="ID")
    run.add_argument("--source", choices=("hub", "dummy", "embedded"))
    run.add_argument("--device", metavar="cpu|cuda|cuda:N|mps")
    run.add_argument("--repeats", type=int, metavar="N")
    run.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="values")
    run.add_argument("--output", type=Path, metavar="DIR", help="folder for pictures; default ./vram-lab-RUN")
    run.add_argument("--json", action="store_true", help="print the record as one JSON document")
    run.set_defaults(command=run_lab, parser=run)
    models = commands.add_parser("models", help="list the models, their sizes, sources and what fits this machine")
    models.set_defaults(command=list_models)
    stats = commands.add_parser("stats", help="what a class's answers say about the questions and the test")
    stats.add_argument(
        "file", type=Path, metavar="ANSWERS.csv", help="columns student,question,attempt,score,max_score"
    )
    stats.add_argument("--attempt", choices=("first", "last", "best"), default="first")
    stats.add_argument("--json", action="store_true", help="print one JSON document")
    stats.set_defaults(command=print_statistics)
    cli_classroom.add(commands)
    cli_server.add(commands)
    cli_tunnel.add(commands)
    return parser


def check_bank(options: argparse.Namespace) -> int:
    """Print every problem of a bank, one per line; 1 if any is an error."""
    from core.quiz.checking import check_file

    path = options.file or config().bank
    problems = check_file(path)
    for problem in problems:
        print(problem)
    errors = sum(problem.is_error for problem in problems)
    if not errors:
        print(f"{path}: no errors", file=sys.stderr)
    return 1 if errors else 0


def list_models(options: argparse.Namespace) -> int:
    """Print the catalog as a table, with the widest precision that fits each device of this machine."""
    from core.measure.machine import this_machine
    from core.models.listing import catalog_rows, devices_of

    rows = catalog_rows(devices_of(this_machine()))
    table = [HEADINGS, *map(_model_line, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    for row in rows:
        if row["embedded_reason"]:
            print(f"{row['title']} has no small twin: {row['embedded_reason']}.")
    return 0


def print_statistics(options: argparse.Namespace) -> int:
    """Print the statistics of a file of answers; 1 where it cannot be read as such."""
    # Here, because the other commands need not wait for numpy and scipy.
    from core.classroom import statistics

    try:
        found = statistics.report(
            statistics.marks_of(statistics.read_answers(options.file), options.attempt), options.attempt
        )
    except LabError as error:
        print(f"{error.message} {error.remedy}", file=sys.stderr)
        return 1
    print(json.dumps(found, indent=1) if options.json else statistics.table(found))
    return 0


def _model_line(row: dict[str, Any]) -> tuple[str, ...]:
    sizes, hub = row["weights_bytes"], row["sources"]["hub"]
    return (
        row["id"],
        count(row["parameters"]),
        gib(sizes["float32"]),
        gib(sizes["float16"]),
        gib(sizes["bfloat16"]),
        row["fits"],
        f"{hub} {gb(row['download_bytes'])}" if hub == "download" else hub,
        row["sources"]["dummy"],
        row["sources"]["embedded"],
        row["licence"],
    )


def run_lab(options: argparse.Namespace) -> int:
    """Run a lab; the record goes to standard output, everything else to standard error."""
    from core.models.resident import Resident
    from core.runs.execution import execute
    from core.runs.parsing import parse_settings

    lab = LABS[options.lab]
    try:
        settings = _settings(lab, options)
        parse_settings(lab, settings)
    except InvalidSettings as error:
        options.parser.error(f"{error.message.rstrip('.')}. {error.remedy.rstrip('.')}")
    with _clean_stdout() as terminal:
        progress = TerminalProgress(sys.stderr)
        signal.signal(signal.SIGINT, progress.stop)
        outcome = execute(lab.name, settings, progress, Resident())
        record = outcome.record
        if outcome.pictures:
            folder = options.output or Path(f"vram-lab-{record['id']}")
            record["outputs"]["images"] = _write(outcome.pictures, folder)
        text = json.dumps(record, indent=2, ensure_ascii=False) if options.json else summary(record)
        print(text, file=terminal, flush=True)
    return 0 if record["state"] == "finished" else 1


def _settings(lab: Lab, options: argparse.Namespace) -> dict[str, Any]:
    from core.runs.parsing import parse_value

    settings = {name: value for name in FLAGS if (value := getattr(options, name)) is not None}
    for pair in options.values:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InvalidSettings(f"--set {pair} has no value.", "Write it as NAME=VALUE.")
        settings[name] = parse_value(lab, name, text)
    return settings


@contextmanager
def _clean_stdout() -> Iterator[TextIO]:
    """Send what libraries print to standard error, C code included; yields the real standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(os.dup(kept), "w", encoding="utf-8") as terminal:
            yield terminal
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _write(pictures: Sequence[Any], folder: Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, picture in enumerate(pictures, start=1):
        path = folder / f"{number:02d}-{picture.role}.{ending_of(picture.role)}"
        path.write_bytes(picture.png)
        paths.append(str(path.resolve()))
    return paths


def summary(record: dict[str, Any]) -> str:
    """A run record in a few lines for people."""
    lines = [f"{record['lab']}: {record['state']} on {record['device']['name']}"]
    lines += [f"{model['title']} ({model['label']}), {model['dtype']}" for model in record["models"]]
    lines += [f"{stage['name']}: {seconds(stage['wall_s'])}" for stage in record["stages"]]
    for repeat in record["repeats"]:
        rate = repeat.get("tokens_per_s")
        first = " (cold)" if repeat["is_first"] else ""
        lines.append(
            f"repeat {repeat['index'] + 1}{first}: {seconds(repeat['wall_s'])}"
            + (f", {rate:.1f} tokens/s" if rate else "")
        )
    lines += record["notes"]
    lines += [f"{name}: {value}" for name, value in record["outputs"].items() if value is not None]
    if record["error"]:
        lines += [record["error"]["message"], record["error"]["remedy"]]
    return "\n".join(line for line in lines if line)
