"""A run that finds too little memory: the page offers what makes it fit, and one click takes it."""

import time
import uuid
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import ui.run_panel
from core.store.database import session
from core.store.tables import Job, Run
from tests.core.measure.machines import LAPTOP

SMALL = replace(LAPTOP, ram_bytes=15 * 10**9)
ASKED = {"source": "dummy", "device": "cpu", "num_inference_steps": 2}


@pytest.fixture
def app(sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The inpainting lab's run block on a machine of 15 GB."""
    monkeypatch.setattr(ui.run_panel, "this_machine", lambda: SMALL)

    def script(person: str, asked: dict[str, object]) -> None:
        import streamlit as st

        from core.runs.registry import LABS
        from ui.run_panel import RunPanel

        lab = LABS["inpainting"]
        panel = RunPanel(lab=lab, preset=lab.settings(**asked), person=person, prefix="inpainting")
        panel.draw(st.empty())

    return AppTest.from_function(script, kwargs={"person": person, "asked": ASKED}, default_timeout=30)


def button(app: AppTest, start: str) -> Any:
    return next((each for each in app.button if each.label.startswith(start)), None)


def said(app: AppTest) -> str:
    assert not app.exception, app.exception
    return " ".join(str(each.value) for each in (*app.info, *app.error, *app.caption))


def test_the_page_says_what_is_needed_and_one_click_makes_it_fit(app: AppTest) -> None:
    told = said(app.run())
    assert "16.9 GiB" in told and "14.0 GiB of RAM" in told and "has not been measured on this machine yet" in told
    assert button(app, "Run it") is None
    button(app, "Take half precision").click()
    told = said(app.run())
    assert button(app, "Run it") is not None and button(app, "Take") is None and "16.9 GiB" not in told


def test_the_price_is_that_of_the_newest_run_at_the_real_size(app: AppTest, person: str) -> None:
    def ran(source: str, time_ratio: float, needed: int, at: float) -> None:
        entries = [("plain", 1.0, 1000), ("half_precision", time_ratio, needed)]
        variants = [
            {"name": name, "time_ratio": ratio, "memory": {"needed_bytes": size}} for name, ratio, size in entries
        ]
        record = {"settings": {"source": source}, "outputs": {"variants": variants}}
        run = Run(id=uuid.uuid4().hex, job_id="", person_id=person, lab="memory_savers", question_id=None)
        run.state, run.created_at, run.record = "finished", at, record
        with session() as database:
            database.add(run)

    now = time.time()
    ran("dummy", 1.5, 700, now - 30)
    ran("dummy", 1.25, 510, now - 20)
    ran("embedded", 9.0, 900, now - 10)
    assert "half precision took 51% of the memory and 1.25× the time" in said(app.run())


def test_after_a_run_whose_memory_was_full_the_page_offers_what_takes_less(app: AppTest, person: str) -> None:
    job = Job(id=uuid.uuid4().hex, person_id=person, lab="inpainting", device="cpu", workload="w", state="failed")
    job.settings = ASKED | {"dtype": "bfloat16"}
    job.timeout_s, job.created_at = 600.0, time.time()
    job.error = {"kind": "out_of_memory", "message": "It asked for 9 GiB.", "remedy": "Take fewer pixels."}
    with session() as database:
        database.add(job)
    told = said(app.run())
    assert "It asked for 9 GiB." in told
    button(app, "Take VAE tiling").click()
    app.run()
    assert not app.exception and app.session_state["inpainting_savers"] == ["vae_tiling"]
