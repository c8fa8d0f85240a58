"""Attacks by students: on each other, on the key, on closed questions, by repeated and forged messages."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from core.classroom.classes import close_class, set_question
from core.classroom.codes import spelled
from core.classroom.demo import fill
from core.classroom.people import become, secret_hash
from core.classroom.predictions import predict
from core.config import Config, config
from core.quiz.loading import load_bank
from core.store.database import session
from core.store.tables import Answer, Class, Job, Person, Run
from core.store.tables import Browser as BrowserRow
from tests.browser.attacker import Attacker, Browser, Value, attacked, kept, play, refused, use_database_of
from tests.browser.server import AppServer
from tests.core.classroom.school import opened_class
from tests.core.quiz.examples import LESSON

CHECK, ME = "Check my answer", "That is me, continue"
Q1 = LESSON.question("Q1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with attacked(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture
def room(server: AppServer, own_settings: Config, monkeypatch: pytest.MonkeyPatch) -> Class:
    use_database_of(server, monkeypatch)
    return opened_class("Physics")


def joined(room: Class, handle: str) -> tuple[str, Browser]:
    """A member's id and browser."""
    browser = Browser()
    return browser.join(room, handle).person_id, browser


def answers_of(person: str) -> list[tuple[int, list[str]]]:
    with session() as database:
        rows = database.scalars(select(Answer).where(Answer.person_id == person).order_by(Answer.attempt))
        return [(row.attempt, list(row.submitted_answers)) for row in rows]


def test_a_submit_that_is_replayed_is_one_attempt(server: AppServer, room: Class) -> None:
    ada, browser = joined(room, "Ada")

    async def story() -> None:
        page = await Attacker(server.port, browser.sent).visit("q1")
        await page.press(CHECK, q1_answer_tick_cpu=True)
        await page.again()
        await page.again(times=5)

    play(story())
    assert answers_of(ada) == [(1, ["cpu"])]


def test_two_tabs_that_submit_at_once_are_one_attempt(server: AppServer, room: Class) -> None:
    ada, browser = joined(room, "Ada")

    async def story() -> None:
        tabs = [await Attacker(server.port, browser.sent).visit("q1") for _ in range(4)]
        await asyncio.gather(*(tab.press(CHECK, q1_answer_tick_cpu=True) for tab in tabs))

    play(story())
    assert answers_of(ada) == [(1, ["cpu"])]


@pytest.mark.parametrize("is_class", [False, True], ids=["question", "class"])
def test_a_closed_question_is_refused_though_the_page_still_shows_its_form(
    server: AppServer, room: Class, is_class: bool
) -> None:
    ada, browser = joined(room, "Ada")

    async def story() -> list[str]:
        page = await Attacker(server.port, browser.sent).visit("q1")
        with session() as database:
            close_class(database, room.id) if is_class else set_question(database, room.id, "Q1", "closed")
        await page.press(CHECK, q1_answer_tick_cpu=True)
        return page.page.alerts

    assert any("Q1 is closed in your class" in alert for alert in play(story()))
    assert answers_of(ada) == []


def test_a_run_of_a_closed_question_is_refused_too(server: AppServer, room: Class) -> None:
    ada, browser = joined(room, "Ada")
    with session() as database:
        predict(database, ada, LESSON.question("Q4"), ["under_10_s"])

    async def story() -> None:
        page = await Attacker(server.port, browser.sent).visit("q4")
        button = next(shown for shown in page.all_of("button") if shown.element.label.startswith("Run it"))
        with session() as database:
            set_question(database, room.id, "Q4", "closed")
        await page.press(button)

    play(story())
    with session() as database:
        assert database.scalars(select(Job).where(Job.person_id == ada)).all() == []


FORGED: list[Value] = ["nothing", "ram_16", "", 99, -1, 2**40, 1e308, ["nothing"], ["cpu", "cpu"], True]


@pytest.mark.parametrize("address", ["q1", "q4", "q11", "i1", "lab_text_generation", "runs", "join"])
def test_forged_values_store_nothing(server: AppServer, room: Class, address: str) -> None:
    _, browser = joined(room, f"Ada {address}")
    before = kept()

    async def story(value: Value) -> bytes:
        page = await Attacker(server.port, browser.sent).visit(address)
        kinds = ("selectbox", "radio", "button_group", "number_input", "slider", "text_input", "text_area")
        made_up = ("$$ID-0-q2_answer_tick_vram_15", "$$ID-0-q1_answer_tick_nothing")
        for name in [*(shown.element.id for shown in page.all_of(*kinds)), *made_up]:
            with refused():
                await page.fill({name: value})
        if page.page.has(CHECK):
            with refused():
                await page.press(CHECK)
        await page.leave()
        return page.frames

    for value in FORGED:
        frames = play(story(value))
        assert b"Traceback" not in frames and b"deserialize" not in frames
    assert kept() == before


def test_the_choice_of_another_questions_page_is_no_answer(server: AppServer, room: Class) -> None:
    ada, browser = joined(room, "Ada")

    async def story() -> None:
        page = await Attacker(server.port, browser.sent).visit("q2")
        other = page.page.find("q2_answer_tick_vram_15").element.id
        await page.open("q1")
        await page.fill({other: True})
        await page.press(CHECK)

    play(story())
    assert answers_of(ada) == []


ODD = ["", "x", "../../etc/passwd", "%27%20OR%201%3D1%20--", "%3Cscript%3E", "%00", "%ED%A0%80", "A" * 4000]
NAMES = ["class", "run", "token", "me", "code", "compare_first", "compare_second", "q4_prediction", "q4_device", "page"]


@pytest.mark.parametrize("address", ["", "q1", "q4", "runs", "report", "join", "my_class", "lab_text_to_image"])
def test_forged_parameters_change_nothing(server: AppServer, room: Class, address: str) -> None:
    _, browser = joined(room, "Ada")
    before = kept()

    async def story() -> None:
        for value in ODD:
            page = Attacker(server.port, browser.sent)
            await page.visit(address, "&".join(f"{name}={value}" for name in NAMES))
            await page.leave()

    play(story())
    assert kept() == before


@pytest.mark.parametrize(("field", "typed"), [
    ("Your name in this class", "x" * 61), ("Your name in this class", "\u200b" * 10), ("Class code", "K" * 5000),
    ("Class code", "\x00"), ("Personal code", "\x00" * 41), ("Personal code", "A" * 16), ("Personal code", ""),
])  # fmt: skip
def test_forged_texts_let_nobody_in(server: AppServer, room: Class, field: str, typed: str) -> None:
    before, stranger = kept(), Browser()
    button = "Go back to my class" if field == "Personal code" else "Join the class"

    async def story() -> list[str]:
        page = await Attacker(server.port, stranger.sent).visit("join", f"code={room.join_code}")
        values = {} if field == "Personal code" else {"Class code": room.join_code, "Your name in this class": "Eve"}
        await page.press(button, **(values | {field: typed}))
        return page.page.alerts

    alerts = play(story())
    assert len(alerts) == 1 and len(alerts[0]) < 300
    assert kept() == before


def whose(browser: Browser) -> Any:
    """The member whom a browser stands for; None alone."""
    with session() as database:
        person = select(Person.handle).join(BrowserRow, BrowserRow.person_id == Person.id)
        return database.scalar(person.where(BrowserRow.cookie_hash == secret_hash(browser.value)))


def test_another_students_personal_link_needs_a_click_and_a_wrong_one_is_refused(
    server: AppServer, room: Class
) -> None:
    code, eve = Browser().join(room, "Ada").personal_code, Browser()
    assert code is not None

    async def story() -> tuple[list[str], Any]:
        wrong = await Attacker(server.port, eve.sent).visit("join", f"me={code[:-1]}{'0' if code[-1] != '0' else '1'}")
        page = await Attacker(server.port, eve.sent).visit("join", f"me={spelled(code).replace(' ', '+')}")
        assert "Ada" in page.page.text and not wrong.page.has(ME)
        before = whose(eve)
        await page.press(ME)
        return wrong.page.alerts, before

    alerts, before = play(story())
    assert any("belongs to nobody" in alert for alert in alerts) and before is None
    assert whose(eve) == "Ada"


def marked_run(person: str, prompt: str) -> str:
    """The id of one of somebody's runs, whose prompt nobody else has."""
    with session() as database:
        run = database.scalars(select(Run).where(Run.person_id == person, Run.lab == "text_generation")).first()
        assert run is not None
        run.record = {**run.record, "settings": {**run.record["settings"], "prompt": prompt}}
        return run.id


def test_another_students_run_shows_nothing_by_address_or_in_a_box(server: AppServer, room: Class) -> None:
    demo, browser = fill(students=8, seed=1), Browser()
    with session() as database:
        runs = select(Run.person_id).join(Person, Person.id == Run.person_id).where(Run.lab == "text_generation")
        ada, mallory, *_ = sorted(set(database.scalars(runs.where(Person.class_id == demo.id))))
        become(database, browser.value, mallory)
    hers, own = marked_run(ada, "the secret prompt of Ada"), marked_run(mallory, "a prompt of my own")

    async def story(run: str) -> bytes:
        query = "&".join(f"{name}={run}" for name in ("run", "compare_first"))
        page = await Attacker(server.port, browser.sent).visit("runs", query)
        for box in page.all_of("selectbox"):
            await page.fill({box.element.id: run})
        await page.visit("report", query)
        return page.frames

    assert b"a prompt of my own" in play(story(own))
    assert b"the secret prompt" not in play(story(hers))


@pytest.mark.parametrize("state", ["open", "closed"])
def test_the_key_does_not_reach_a_member_before_the_answer_or_the_reveal(
    server: AppServer, room: Class, state: Any
) -> None:
    bank = load_bank(config().bank)
    _, browser = joined(room, "Ada")

    def secrets_of(name: str) -> list[bytes]:
        question = bank.question(name)
        told = [question.explanation, *(text for c in question.choices for text in (c.feedback, c.feedback_unchosen))]
        return [text[:60].encode() for text in told if text]

    async def story(names: list[str]) -> bytes:
        page = Attacker(server.port, browser.sent)
        for name in names:
            await page.visit(name.lower())
            await page.leave()
        return page.frames

    names = [question.id for question in bank.questions]
    with session() as database:
        for name in names:
            set_question(database, room.id, name, state)
    frames = play(story(names))
    assert bank.question("Q1").headline.encode() in frames
    assert not [text for name in names for text in secrets_of(name) if text in frames]
    with session() as database:
        set_question(database, room.id, "Q1", "revealed")
    time.sleep(1.1)  # the web process reads a class once a second
    frames = play(story(["Q1"]))
    assert secrets_of("Q1")[0] in frames
