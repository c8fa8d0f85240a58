"""The notebook is executed cell by cell, on the twins."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "lesson_in_cells.ipynb"
EXECUTE = """
import ast, json, sys
shown, space = [], {}
for source in json.load(sys.stdin):
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), space)
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), space) if last else None
    drawn = getattr(value, "_repr_html_", lambda: "")()
    shown.append({"source": source, "text": "" if value is None else str(value), "html": drawn})
json.dump(shown, open("shown.json", "w"))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What every cell showed, by its source."""
    folder = tmp_path_factory.mktemp("notebook")
    for name in ("core", "requirements.txt", "quiz_bank.yaml", "embedded_models", "recorded_runs"):
        (folder / name).symlink_to(ROOT / name)
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert "SOURCE = None" in sources[0]
    sources[0] = sources[0].replace("SOURCE = None", 'SOURCE = "embedded"')
    # What pip would do is worked out, but these tests' own environment stays as it is.
    assert '"install", "--quiet"' in sources[1]
    sources[1] = sources[1].replace('"install", "--quiet"', '"install", "--dry-run", "--quiet"')
    environment = {
        **os.environ,
        "VRAM_LAB_DATA_DIR": str(folder / "data"),
        "DATABASE_URL": "",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE],
        input=json.dumps(sources),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {each["source"]: each for each in json.loads((folder / "shown.json").read_text())}
    return found | {"files": {"text": " ".join(path.name for path in folder.iterdir())}}


def test_a_question_is_asked_run_and_marked(shown: dict[str, dict[str, str]]) -> None:
    assert "**a** CPU" in shown['lesson.ask("Q1")']["text"]
    assert "lab: runtime" in shown['lesson.run("Q1")']["text"]
    marked = shown['lesson.answer("Q1", "ab")']["text"]
    assert "2 attempts left." in marked and "The answer" not in marked


def test_a_prediction_comes_first_and_a_twin_decides_no_measured_question(shown: dict[str, dict[str, str]]) -> None:
    assert "Predict before you run it" in shown['lesson.ask("Q4")']["text"]
    assert shown['lesson.predict("Q4", "b")']["text"].startswith("Locked in: ")
    assert "tokens" in shown['measured = lesson.run("Q4")\nmeasured']["text"]
    assert "does not" in shown['lesson.answer("Q4", "b")']["text"]


def test_pictures_are_shown_and_a_right_answer_is_explained(shown: dict[str, dict[str, str]]) -> None:
    assert shown['lesson.run("Q8")']["html"].count("<img") == 3
    marked = shown['lesson.answer("Q8", "d")']["text"]
    assert marked.startswith("**Right.**") and "The answer: d." in marked


def test_records_and_pictures_are_taken_away(shown: dict[str, dict[str, str]]) -> None:
    files = shown["files"]["text"].split()
    records = [name for name in files if name.startswith("vram-lab-") and name.endswith(".json")]
    assert len(records) == 2 and any(name.endswith("-1.png") for name in files)
