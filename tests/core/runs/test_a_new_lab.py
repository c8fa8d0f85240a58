"""A lab is one folder and one file: put there, it is found everywhere, and nothing else knows its name."""

import json
import os
import subprocess
import sys
from pathlib import Path

from core.config import ROOT, Config
from tests.core.measure.run_schema import assert_valid
from tests.core.quiz.examples import MINI

FOLDER = {
    "__init__.py": """
from core.runs.lab import TIME, Lab

LAB = Lab(name="echo", place=99, title="Echo", summary="Says a word again.", measures=TIME)
""",
    "settings.py": """
from core.runs.settings import LabSettings


class Settings(LabSettings):
    word: str = "hello"
""",
    "program.py": """
def say(word: str) -> str:
    return word * 2
""",
    "run.py": """
from core.labs.echo import program


def run(settings, recorder, resident, progress):
    recorder.read("baseline")
    with recorder.stage("Saying it"):
        recorder.record["outputs"] = {"said": program.say(settings.word)}
    recorder.read("after_run")
    for border in ("context", "load_peak", "after_load", "peak", "freed"):
        recorder.leave_out(border, "this lab loads no model")
""",
}
LOOK = """
from ui.labs.look import Look

LOOK = Look(icon=":material/hearing:", sentence=lambda run: "", figures=lambda run: (), main=lambda run, key: None)
"""
BEGIN = """
import sys
import core.labs
core.labs.__path__.append(sys.argv[1] + "/labs")
"""
COMMAND = (
    BEGIN
    + """
from core.cli import main
sys.exit(main(["run", "echo", "--json", "--set", "word=ab"]))
"""
)
REST = (
    BEGIN
    + """
import ui.labs
ui.labs.__path__.append(sys.argv[1] + "/looks")

from pathlib import Path
from core.runs.registry import LABS
from core.quiz.checking import check_file
from core.quiz.loading import load_bank
from ui.labs import look_of
from core.jobs.queue import submit
from core.classroom.people import person_for_cookie
from core.store.database import migrate, session

assert list(LABS)[-1] == "echo"
assert look_of("echo").icon == ":material/hearing:"
bank = Path(sys.argv[1]) / "bank.yaml"
assert not [str(problem) for problem in check_file(bank) if problem.is_error]
assert load_bank(bank).question("Q1").lab.name == "echo"
migrate()
with session() as database:
    person = person_for_cookie(database, "somebody")
    settings = LABS["echo"].settings().model_dump(mode="json")
    job = submit(
        database, person_id=person.id, lab="echo", settings=settings, question_id=None, device="cpu", workload="echo"
    )
    assert job.state == "queued"
"""
)


def test_a_lab_in_a_folder_of_its_own_is_found_everywhere(tmp_path: Path, own_settings: Config) -> None:
    for name, text in FOLDER.items():
        (tmp_path / "labs" / "echo").mkdir(parents=True, exist_ok=True)
        (tmp_path / "labs" / "echo" / name).write_text(text)
    (tmp_path / "looks").mkdir()
    (tmp_path / "looks" / "echo.py").write_text(LOOK)
    (tmp_path / "bank.yaml").write_text(MINI.replace("{name: runtime}", "{name: echo}"))

    record = json.loads(run(COMMAND, tmp_path))
    assert_valid(record)
    assert record["outputs"] == {"said": "abab"}
    run(REST, tmp_path)


def run(code: str, folder: Path) -> str:
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
