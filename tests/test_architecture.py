"""The rules of the house that no linter keeps: sizes, and what the web process may load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FUNCTION, LONGEST_PAGE, LONGEST_MODULE = 40, 120, 300
SOURCES = [
    path for folder in ("core", "ui", "pages", "bench", "training") for path in sorted((ROOT / folder).rglob("*.py"))
]
ROOMS = (ROOT / "core" / "labs", ROOT / "ui" / "labs")
OF_TASKS, OF_MADE_UP_RUNS = ROOT / "core" / "models", ROOT / "core" / "classroom" / "demo"
"""The catalog names tasks, one of which is called as a lab; the demo makes up runs of the labs that it knows."""
HEAVY = ("torch", "transformers", "diffusers", "ultralytics", "accelerate", "peft", "bitsandbytes", "torchao")
HEAVY += ("alembic",)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    limit = LONGEST_PAGE if "pages" in path.relative_to(ROOT).parts[:1] else LONGEST_MODULE
    assert path.read_text().count("\n") <= limit
    long = [f"{name}: {lines} lines" for name, lines in _functions(path) if lines > LONGEST_FUNCTION]
    assert not long


def test_the_web_process_loads_no_heavy_library() -> None:
    """Everything that the server imports before and while it draws pages, in a process of its own."""
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted((ROOT / "ui").rglob("*.py"))]
    names = [name.removesuffix(".__init__") for name in modules if name != "ui.router"]
    code = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    code += f"print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_no_module_of_a_page_comes_back_to_itself() -> None:
    """Imports within functions are counted too."""
    graph = grimp.build_graph("ui", exclude_type_checking_imports=True)
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()


def test_every_lab_has_its_parts() -> None:
    from core.runs.registry import LABS

    for name in LABS:
        for part in ("settings.py", "program.py", "cell.py", "run.py"):
            assert (ROOT / "core" / "labs" / name / part).is_file(), f"{name} lacks {part}"
        assert (ROOT / "ui" / "labs" / f"{name}.py").is_file()


def test_nothing_outside_its_room_knows_a_lab() -> None:
    """Neither by its name nor by an import: what is to be known of a lab, the lab declares."""
    from core.runs.registry import LABS

    modules = {f"{package}.labs.{name}" for package in ("core", "ui") for name in LABS}
    apart = (*ROOMS, OF_TASKS, OF_MADE_UP_RUNS)
    outside = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ("core", "ui", "pages")]
    told = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in outside
        if not any(path.is_relative_to(folder) for folder in apart)
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Constant) and node.value in LABS)
        or (isinstance(node, ast.ImportFrom) and ".".join((node.module or "").split(".")[:3]) in modules)
    ]
    assert not told
