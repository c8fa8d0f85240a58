"""`python -m bench [text_generation|…|class_load|class_faults|references] …`: all benchmarks, or the ones named."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench import class_faults, class_load, labs, observing, optimisation, references, web_start
from core.measure.gpus import SIMULATED
from core.measure.machine import this_machine

RESULTS = Path(__file__).parent / "results"
BENCHMARKS: dict[str, Callable[..., dict[str, object]]] = {
    **{name: partial(labs.main, name) for name in labs.WHAT},
    "optimisation": optimisation.main,
    "observing": observing.main,
    "web_start": web_start.main,
    "class_load": class_load.main,
    "class_faults": class_faults.main,
    "references": references.main,
}
WEB = {"web_start", "class_load", "class_faults"}
"""Of the web process, which is the same whatever device computes."""


def run() -> int:
    """Run the chosen benchmarks and write one JSON file each."""
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
    for name in arguments.names or BENCHMARKS:
        result = BENCHMARKS[name](pairs=arguments.pairs, device=arguments.device)
        _write(name, result, arguments.device)
        if name == "references":
            print(references.table(result))
    return 0


def _write(name: str, result: dict[str, object], device: str) -> None:
    if SIMULATED in this_machine().label:
        raise SystemExit(f"Nothing is written: {this_machine().label} is simulated, and its figures count nowhere.")
    document = {
        "benchmark": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": this_machine().label,
        **result,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / (f"{name}.json" if name in WEB else f"{name}_{device.replace(':', '_')}.json")
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    sys.exit(run())
