"""`python -m bench [text_generation|…|class_load|class_faults|references] …`: all benchmarks, or the ones named.

One that fails is told, and the others go on; the exit code is then 1, and also where a question about a GPU was not
measured or measured what cannot be. `references` ends with a table to read at a glance, on a simulated GPU too, where
nothing is written.
"""

import argparse
import json
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path

from bench import labs, references
from core.measure.gpus import SIMULATED
from core.measure.machine import this_machine

RESULTS = Path(__file__).parent / "results"


def _module(name: str, **how: object) -> dict[str, object]:
    """Run `bench/<name>.py`, loaded only now: a machine of GPUs alone need not have what a web process needs."""
    return dict(import_module(f"bench.{name}").main(**how))


MODULES = ("training", "diffusion", "optimisation", "observing", "page_open", "web_start", "class_load")
BENCHMARKS: dict[str, Callable[..., dict[str, object]]] = {
    **{name: partial(labs.main, name) for name in labs.WHAT},
    "residence": labs.residence,
    **{name: partial(_module, name) for name in MODULES},
    "class_faults": partial(_module, "class_faults"),
    "fairness": partial(_module, "fairness"),
    "soak": partial(_module, "soak"),
    "several_workers": partial(_module, "several_workers"),
    "references": references.main,
}
WEB = {"web_start", "class_load", "class_faults", "fairness", "several_workers", "soak"}
"""Of the web process and the queue, which are the same whatever device computes."""


def run() -> int:
    """Run the chosen benchmarks and write one JSON file each; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--pairs", type=int, default=9, help="alternating pairs (default 9)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda; names the result")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if arguments.device.startswith("cuda") and not this_machine().gpus:
        raise SystemExit(f"No GPU of this machine can be used: {this_machine().gpu_reason}. Nothing was measured.")
    names = arguments.names or list(BENCHMARKS)
    if _is_simulated() and names != ["references"]:
        raise SystemExit(f"Nothing is measured on {this_machine().label}: a simulation has no speed.")
    done = [_done(name, arguments.pairs, arguments.device) for name in names]
    return 0 if all(done) and not _is_simulated() else 1


def _is_simulated() -> bool:
    return SIMULATED in this_machine().label


def _done(name: str, pairs: int, device: str) -> bool:
    """Run one benchmark and keep what it found; whether that can be gone by."""
    try:
        result = BENCHMARKS[name](pairs=pairs, device=device)
    except Exception:
        traceback.print_exc()
        print(f"{name} failed, nothing is written for it; the others go on.", file=sys.stderr)
        return False
    _write(name, result, device)
    if name != "references":
        return True
    print(references.table(result))
    return device == "cpu" or references.are_plausible(result)


def _write(name: str, result: dict[str, object], device: str) -> None:
    """Write the result, unless any part of it was made on a simulated GPU."""
    document = {
        "benchmark": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": this_machine().label,
        **result,
    }
    text = json.dumps(document, indent=1)
    if SIMULATED in text:
        print(f"{this_machine().label}: nothing is written, these figures count nowhere.\n")
        return
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / (f"{name}.json" if name in WEB else f"{name}_{device.replace(':', '_')}.json")
    path.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    sys.exit(run())
