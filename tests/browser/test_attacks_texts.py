"""Texts that people type, full of Markdown, HTML, formulas and SQL: shown as they were typed, or refused."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select, update

from core.cells import neutral
from core.classroom.class_files import NAMES, Choice, ClassFiles
from core.classroom.classes import set_question
from core.classroom.demo import fill
from core.classroom.handles import clean, key
from core.classroom.joining import renew_personal_code
from core.classroom.people import become
from core.config import config
from core.quiz.loading import load_bank
from core.store.database import session
from core.store.tables import Class, Person, Run
from tests.browser.attacker import Browser, attacked, use_database_of
from tests.browser.conftest import open_page, settled
from tests.browser.server import AppServer
from ui.identity import COOKIE

EVIL = "evil.example"
HANDLES = [
    ":red[REDTEXT] **STRONGTEXT**",
    "<b>BOLDTEXT</b> $TEXMATH$",
    f"`CODETEXT` [l](//{EVIL})",
    f"![i](//{EVIL}/i.png)",
    f"https://{EVIL}/x",
    f"www.{EVIL} a@{EVIL}",
    f"<img src=//{EVIL}/x>",
    f'=HYPERLINK("//{EVIL}")',
    "Robert'); DROP TABLE people;--",
    "# HEADTEXT | :material/home:",
]
TITLE = f":red[REDTEXT] **STRONGTEXT** <b>BOLDTEXT</b> $TEXMATH$ [l](https://{EVIL}) ![i](https://{EVIL}/i.png)"
PROMPT = f"{TITLE} :blue-background[REDTEXT] <script src=//{EVIL}></script> `CODETEXT`"
ACTED = ["REDTEXT", "STRONGTEXT", "BOLDTEXT", "HEADTEXT", "CODETEXT"]
"""Words that stand alone only where the signs around them were acted on."""
TEACHER_PAGES = [
    "teacher",
    "teacher_live",
    "teacher_projector",
    "teacher_projector?question=Q1",
    "teacher_projector?question=Q4",
    "teacher_statistics",
    "teacher_statistics?statistics_tab=One question",
    "teacher_measurements",
    "teacher_students",
    "teacher_marks",
    "teacher_exports",
]
STUDENT_PAGES = ["my_class", "q1", "q4", "runs", "report", "your_data", "lab_text_generation"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with attacked(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(scope="module")
def room(server: AppServer) -> Iterator[Class]:
    """A class whose title, names and prompts are bait."""
    with pytest.MonkeyPatch.context() as patch:
        use_database_of(server, patch)
        made = fill(students=len(HANDLES), seed=1)
        with session() as database:
            database.execute(update(Class).values(title=TITLE, is_demo=False))
            members = database.scalars(select(Person).where(Person.class_id == made.id)).all()
            for person, handle in zip(members, HANDLES, strict=True):
                person.handle, person.handle_key = clean(handle), key(clean(handle))
            for run in database.scalars(select(Run)):
                if "prompt" in run.record["settings"]:
                    run.record = {**run.record, "settings": {**run.record["settings"], "prompt": PROMPT}}
            set_question(database, made.id, "Q4", "revealed")
        with session() as database:
            found = database.get_one(Class, made.id)
    yield found


@pytest.fixture(autouse=True)
def its_database(server: AppServer, own_settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    use_database_of(server, monkeypatch)


def opened_as(chromium: Chromium, server: AppServer, browser: Browser, asked: list[str]) -> BrowserContext:
    """A browser with this cookie; `asked` takes the addresses that it asks for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": browser.value, "url": server.url}])
    context.on("request", lambda request: asked.append(request.url))
    return context


def nothing_acted(page: Page, path: str) -> None:
    """No sign of a text has become a link, a picture, a style, a formula or a part of the page."""
    expect(page.get_by_test_id("stException")).to_have_count(0)
    bait = f"a[href*='{EVIL}'], img[src*='{EVIL}'], script[src*='{EVIL}'], iframe[src*='{EVIL}'], .katex"
    assert page.locator(bait).count() == 0, path
    for word in ACTED:
        assert page.get_by_text(word, exact=True).count() == 0, f"{path}: {word}"


def wait_to_read(page: Page, text: str) -> None:
    """Wait until a text can be read on the page or in one of its fields; joints that prevent links are overlooked."""
    page.wait_for_function(
        """text => [document.body.innerText, ...[...document.querySelectorAll("input")].map(each => each.value)]
            .some(each => each.replaceAll("\u200b", "").includes(text))""",
        arg=text,
    )


def test_bait_is_plain_text_on_every_page_of_a_teacher(browser: Chromium, server: AppServer, room: Class) -> None:
    asked: list[str] = []
    context = opened_as(browser, server, Browser().sign_in(), asked)
    page = context.new_page()
    for path in TEACHER_PAGES:
        open_page(page, server, f"{path}{'&' if '?' in path else '?'}class={room.id}")
        if "question=" not in path:  # the projector shows neither title nor names with a question
            wait_to_read(page, TITLE)
        nothing_acted(page, path)
    context.close()
    assert asked and not [address for address in asked if EVIL in str(urlsplit(address).hostname)]


def test_bait_is_plain_text_behind_clicks_of_a_teacher(browser: Chromium, server: AppServer, room: Class) -> None:
    asked: list[str] = []
    context = opened_as(browser, server, Browser().sign_in(), asked)
    page = context.new_page()
    open_page(page, server, f"teacher_live?class={room.id}")
    for handle in map(clean, HANDLES):
        page.get_by_text(handle, exact=True).first.click()
        expect(page.get_by_text(handle, exact=True).nth(1).or_(page.get_by_role("heading"))).not_to_have_count(0)
        settled(page)
        nothing_acted(page, f"live, {handle}")
    open_page(page, server, f"teacher_students?class={room.id}")
    for handle in map(clean, HANDLES):
        page.get_by_role("combobox", name="Student").fill(handle)
        page.get_by_role("option", name=handle, exact=True).first.click()
        expect(page.get_by_role("button", name="Download their data")).to_be_visible()
        nothing_acted(page, f"students, {handle}")
    context.close()
    assert not [address for address in asked if EVIL in str(urlsplit(address).hostname)]


def test_bait_is_plain_text_on_every_page_of_a_student(browser: Chromium, server: AppServer, room: Class) -> None:
    asked: list[str] = []
    for handle in map(clean, HANDLES):
        mine, stranger = Browser(), Browser()
        with session() as database:
            person = database.scalars(select(Person.id).where(Person.handle == handle)).one()
            become(database, mine.value, person)
            code = renew_personal_code(database, person)
        context = opened_as(browser, server, mine, asked)
        page = context.new_page()
        for path in STUDENT_PAGES if handle == clean(HANDLES[0]) else STUDENT_PAGES[:1]:
            open_page(page, server, path)
            wait_to_read(page, handle)
            wait_to_read(page, TITLE)
            nothing_acted(page, f"{path}, {handle}")
        context.close()
        context = opened_as(browser, server, stranger, asked)
        page = context.new_page()
        open_page(page, server, f"join?me={code}")
        wait_to_read(page, handle)
        nothing_acted(page, f"join, {handle}")
        context.close()
    assert not [address for address in asked if EVIL in str(urlsplit(address).hostname)]


def test_bait_is_neutral_in_every_file(room: Class, tmp_path: Path) -> None:
    bank = load_bank(config().bank)
    with session() as database:
        files = ClassFiles(database, room, bank, Choice())
        made = [files.csv(name) for name in NAMES]
        made += [files.moodle(), files.canvas("total"), files.canvas("questions")]
        assert files.excel() and all(files.parquet(name) for name in NAMES)
    cells = [
        cell for data in made for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in row
    ]
    assert any("HYPERLINK" in cell for cell in cells) and any("DROP TABLE" in cell for cell in cells)
    assert [cell for cell in cells if neutral(cell) != cell and cell != "-"] == []


def test_a_link_with_bait_is_refused_in_plain_text(browser: Chromium, server: AppServer) -> None:
    asked: list[str] = []
    context = opened_as(browser, server, Browser(), asked)
    page = context.new_page()
    for name in ("code", "me"):
        open_page(page, server, f"join?{name}={TITLE}")
        if name == "code":
            page.get_by_role("textbox", name="Your name in this class").fill("Eve")
            page.get_by_role("button", name="Join the class").click()
        expect(page.get_by_test_id("stAlert").first).to_be_visible()
        nothing_acted(page, name)
    context.close()
    assert not [address for address in asked if EVIL in str(urlsplit(address).hostname)]
