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

LAB = Lab(
    name="echo", place=99, title="Echo", summary="Says a word again.", models=("qwen3-0.6b",), fallback="embedded",
    measures=TIME, carries_over="Everything carries over.",
)
""",
    "settings.py": """
from typing import Literal

from core.runs.settings import ModelSettings


class Settings(ModelSettings):
    model: Literal["qwen3-0.6b"] = "qwen3-0.6b"
    source: Literal["auto", "embedded"] = "embedded"
    said_word: str = "hello"
    how_often: int = 2
""",
    "program.py": """
def say(word: str, times: int) -> str:
    return word * times
""",
    "cell.py": """
def cell(settings, sources, is_local):
    return f"print(say({settings.said_word!r}, {settings.how_often}))"
""",
    "run.py": """
from core.labs.echo import program


def run(settings, recorder, resident, progress):
    recorder.read("baseline")
    with recorder.stage("Saying it"), recorder.clock.measure() as timing:
        said = program.say(settings.said_word, settings.how_often)
    recorder.repeat(timing)
    recorder.record["outputs"] = {"said": said}
    recorder.read("after_run")
    for border in ("context", "load_peak", "after_load", "peak", "freed"):
        recorder.leave_out(border, "this lab loads no model")
""",
}
LOOK = """
import streamlit as st
from ui.labs.look import Look

LOOK = Look(
    icon=":material/hearing:",
    sentence=lambda run: f"It said {run.record['outputs']['said']}.",
    main=lambda run, key: st.text(run.record["outputs"]["said"]),
    open_fields=("said_word",),
    words={"said_word": ("Word", "What is said again.")},
)
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
sys.exit(main(["run", "echo", "--json", "--set", "said_word=ab"]))
"""
)
BANK = (
    BEGIN
    + """
from pathlib import Path
from core.quiz.checking import check_file
from core.quiz.loading import load_bank

bank = Path(sys.argv[1]) / "bank.yaml"
assert not [str(problem) for problem in check_file(bank) if problem.is_error]
assert load_bank(bank).question("Q1").lab.name == "echo"
"""
)
DRAWN = """
import streamlit as st
from ui.lab_page import lab_page
from ui.navigation import Drawing, pages
from ui.question_page import question_page

listed = pages(st.session_state["person_id"], Drawing(question_page, lab_page), unfolded="Labs")["Labs"]
st.session_state["listed"] = [(page.title, page.icon, page.url_path) for page in listed]
lab_page("echo")
"""
PAGE = (
    BEGIN
    + f"""
import ui.labs
ui.labs.__path__.append(sys.argv[1] + "/looks")

from streamlit.testing.v1 import AppTest
from core.classroom.people import person_for_cookie
from core.jobs.worker import Worker
from core.store.database import migrate, session
from ui.teacher import guard

guard.cookie = lambda: "somebody"  # a browser sends one
migrate()
with session() as database:
    person = person_for_cookie(database, "somebody").id
app = AppTest.from_string({DRAWN!r}, default_timeout=60)
app.session_state["person_id"] = person
app.session_state["echo_all_settings"] = True
app.run()
assert not app.exception, app.exception
assert app.session_state["listed"][-1] == ("Echo", ":material/hearing:", "lab_echo")
assert (app.text_area[0].label, app.number_input[-1].label) == ("Word", "How often")
app.text_area[0].set_value("ab").run()
assert app.code[0].value == "# VRAM Lab runs its small twin; this downloads the real model.\\nprint(say('ab', 2))"
app.button(key="echo_run").click().run()

worker = Worker(["cpu"])
job = worker._next()
assert (job.lab, job.settings["said_word"]) == ("echo", "ab")
worker.work(job)

app.run()
assert not app.exception, app.exception
assert any("It said abab." in each.value for each in app.markdown), [each.value for each in app.markdown]
assert app.text[0].value == "abab"
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
    run(BANK, tmp_path)
    run(PAGE, tmp_path)


def run(code: str, folder: Path) -> str:
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
