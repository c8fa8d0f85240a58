"""axe-core finds nothing serious or critical on any page, light and dark."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.classroom.people import person_for_cookie
from core.config import config
from core.store.database import session
from tests.browser.axe import STREAMLIT, Known, is_found, violations
from tests.browser.classroom import PASSCODE, teacher
from tests.browser.conftest import measured, open_page, settled
from tests.browser.server import ROOT, AppServer
from tests.core.classroom.school import answered
from tests.core.quiz.examples import LESSON

COOKIE = "a-browser-of-these-tests"
PAPER = {"light": "rgb(252, 252, 250)", "dark": "rgb(15, 19, 23)"}
FRESH = ["", "q1", "q4", "q8", "q11", "d1", "i1", "p1", "o1", "m1", "lab_inpainting", "runs", "pictures", "report"]
FRESH += ["lab_inpainting?inpainting_region=painted", "your_data", "join", "my_class", "teacher"]
ANSWERED = [question.id.lower() for question in LESSON.questions]
RUNS = {
    "runtime": {},
    "load_model": {"source": "embedded"},
    "text_generation": {"source": "embedded", "max_new_tokens": 8},
    "text_to_image": {"source": "embedded", "num_inference_steps": 2},
    "guidance": {"source": "embedded", "num_inference_steps": 2, "looks": 2, "scales": "0, 1"},
    "prompt_craft": {"source": "embedded", "num_inference_steps": 1, "last_steps": 2, "most_words": 2},
    "image_classification": {"source": "embedded", "batch_sizes": "1, 2", "repeats": 2},
    "inpainting": {"source": "embedded", "num_inference_steps": 2},
    "precision": {"source": "embedded", "max_new_tokens": 4, "repeats": 2, "precisions": "bfloat16"},
    "optimisation": {"source": "embedded", "max_new_tokens": 4, "repeats": 2, "variants": "eager"},
    "memory_savers": {"source": "embedded", "num_inference_steps": 1, "side": 64, "savers": "vae_slicing"},
    "image_to_image": {"source": "embedded", "num_inference_steps": 4, "strengths": "0.5, 1"},
    "train_ddpm": {"steps": 2, "batch": 4, "compare": "accumulation"},
    "ddpm": {"source": "embedded", "ways": "", "ddim_steps": "3, 5"},
    "fine_tuning": {"source": "embedded", "steps": "2", "side": "64", "num_inference_steps": "1"},
    "text_to_video": {"source": "embedded", "num_frames": "1, 2", "num_inference_steps": "2"},
}
"""The cheapest run of every lab."""
TEACHER = ["", "_live", "_projector", "_statistics", "_measurements", "_students", "_marks", "_exports", "_models"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """With a made-up class of thirty."""
    running = AppServer(tmp_path_factory.mktemp("access"), VRAM_LAB_TEACHER_PASSCODE=PASSCODE)
    running.start()
    command = [sys.executable, "-m", "core", "demo-class", "--students", "30"]
    environment = {**os.environ, "VRAM_LAB_DATA_DIR": str(running.data_dir), "DATABASE_URL": ""}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def context(browser: Browser, server: AppServer) -> Iterator[BrowserContext]:
    """A student's browser."""
    mine = browser.new_context(viewport={"width": 1280, "height": 900})
    mine.add_cookies([{"name": "vram_lab_person", "value": COOKIE, "url": server.url}])
    yield mine
    mine.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab of theirs; one that is used for every test grows until it stops answering."""
    tab = context.new_page()
    yield tab
    tab.close()


def check(page: Page) -> None:
    """Look at the page in both themes."""
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    found = []
    for scheme, paper in PAPER.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator(".stApp")).to_have_css("background-color", paper)
        settled(page)
        found += [f"{scheme}: {each}" for each in violations(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", FRESH)
def test_a_page_as_it_is_found(page: Page, server: AppServer, path: str) -> None:
    open_page(page, server, path)
    check(page)


@pytest.mark.parametrize("path", ["", "q4", "q8", "join"])
def test_a_page_on_a_phone(browser: Browser, server: AppServer, path: str) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844})
    page = phone.new_page()
    open_page(page, server, path)
    check(page)
    phone.close()


@pytest.mark.parametrize("lab", RUNS)
def test_a_run(page: Page, server: AppServer, lab: str) -> None:
    settings = "&".join(f"{lab}_{name}={value}" for name, value in RUNS[lab].items())
    open_page(page, server, f"lab_{lab}?{settings}")
    page.get_by_role("button", name="Run it").click()
    measured(page)
    check(page)
    for tab in page.get_by_role("tab").all()[1:]:
        tab.click()
        settled(page)
        assert not (found := violations(page)), found


@pytest.fixture(scope="module")
def answers(server: AppServer) -> Iterator[None]:
    """Every question predicted and answered with its first option."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VRAM_LAB_DATA_DIR", str(server.data_dir))
        config.cache_clear()
        with session() as database:
            person = person_for_cookie(database, COOKIE).id
        for question in LESSON.questions:
            answered(person, question, [question.choices[0].id])
    config.cache_clear()
    yield


@pytest.mark.usefixtures("answers")
@pytest.mark.parametrize("path", [*ANSWERED, "runs", "pictures", "report", "your_data"])
def test_a_page_after_work(page: Page, server: AppServer, path: str) -> None:
    open_page(page, server, path)
    check(page)


@pytest.fixture(scope="module")
def teaching(browser: Browser, server: AppServer) -> Iterator[BrowserContext]:
    """The browser of a teacher who signed in."""
    context = teacher(browser, server).context
    yield context
    context.close()


@pytest.mark.parametrize("name", TEACHER)
def test_a_page_of_a_teacher(teaching: BrowserContext, server: AppServer, name: str) -> None:
    with sqlite3.connect(server.data_dir / "vram_lab.sqlite") as database:
        (class_id,) = database.execute("SELECT id FROM classes").fetchone()
    page = teaching.new_page()
    open_page(page, server, f"teacher{name}?class={class_id}")
    of_no_class = {"_models": "Of the other labs"}
    expect(page.get_by_text(of_no_class.get(name, "Demo class"), exact=False).first).to_be_visible()
    check(page)
    page.close()


@pytest.mark.parametrize("known", STREAMLIT, ids=lambda known: known.rule)
def test_what_is_streamlits_own_is_still_so(page: Page, server: AppServer, known: Known) -> None:
    open_page(page, server, known.path)
    assert is_found(page, known), f"take it off the list: {known}"
