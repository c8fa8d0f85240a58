"""Which places of `core/` that ask for CUDA no test has run; reads what `pytest --cov=core --cov-branch` left.

    python -m tests.cuda_branches
    118 places of core ask for CUDA: 115 run by a test, 3 not, each with its reason in tests/cuda_branches.txt.

A place is a condition that speaks of a GPU (both its ways count), a statement under such a condition, or a statement
of a function that calls `torch.cuda` or NVML. An `x if y else z` is one statement, of which one way is enough. Fails
where a place was not run and has no reason, and where one with a reason was run after all.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]
REASONS = Path(__file__).with_suffix(".txt")
ASKS = re.compile(r"cuda|gpu|nvml|has_context|devicelost|is_slice|tf32", re.IGNORECASE)
CALLS = re.compile(r"torch\.cuda|torch\._C|pynvml|cuda_driver")
SPLIT = " -- "


def places(tree: ast.Module) -> set[int]:
    """Lines of the statements that concern CUDA."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While) and ASKS.search(ast.unparse(node.test)):
            found |= {node.lineno, *_lines([*node.body, *node.orelse])}
        elif isinstance(node, ast.FunctionDef) and CALLS.search(ast.unparse(node)):
            found |= set(_lines(node.body))
    return found


def _lines(body: list[ast.stmt]) -> Iterator[int]:
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            yield node.lineno


def not_run(coverage: Coverage, path: Path) -> tuple[set[int], set[int]]:
    """All places of a file, and those that were not run, or not both ways."""
    _, statements, _, missing, _ = coverage.analysis2(str(path))
    asked = places(ast.parse(path.read_text(encoding="utf-8"))) & set(statements)
    one_way = {line for line, (ways, taken) in coverage.branch_stats(str(path)).items() if taken < ways}
    return asked, asked & (set(missing) | one_way)


def reasons() -> dict[str, str]:
    """Place (file and statement) -> why no test runs it."""
    lines = [line for line in REASONS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {place: reason for place, _, reason in (line.rpartition(SPLIT) for line in lines)}


def main() -> int:
    """Print the report; gives the exit code."""
    coverage = Coverage(data_file=str(ROOT / ".coverage"))
    coverage.load()
    number, missed = 0, set()
    for path in sorted((ROOT / "core").rglob("*.py")):
        asked, left = not_run(coverage, path)
        source = path.read_text(encoding="utf-8").splitlines()
        number += len(asked)
        missed |= {f"{path.relative_to(ROOT)}: {source[line - 1].strip()}" for line in left}
    known = reasons()
    for place in sorted(missed - known.keys()):
        print(f"not run by any test, and without a reason: {place}")
    for place in sorted(known.keys() - missed):
        print(f"has a reason, but is run or gone: {place}")
    left = len(missed)
    print(f"{number} places of core ask for CUDA: {number - left} run by a test, {left} not ({REASONS.name} says why).")
    return int(missed != known.keys())


if __name__ == "__main__":
    sys.exit(main())
