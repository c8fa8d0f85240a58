"""Attacks on what only teachers see: by address, by an old page, by forged parameters, values and messages."""

import http.client
from collections.abc import Iterator

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from core.classroom.regrading import regrade
from core.config import config
from core.quiz.bank import Question
from core.store.database import migrate, session
from core.store.tables import Class
from tests.browser.attacker import Attacker, Browser, Value, attacked, kept, play, refused, use_database_of
from tests.browser.server import AppServer
from tests.core.classroom.school import answered, opened_class
from tests.core.quiz.examples import LESSON
from ui.navigation import TEACHER

ADDRESSES = [address for _, _, _, address in TEACHER]
TITLE, HANDLE = "Physics of Tuesdays", "Ada Lovelace"
VIEWS: list[tuple[str, str, dict[str, Value]]] = [
    *((address, "", {}) for address in ADDRESSES),
    ("teacher_live", "", {"live_view": ["Questions"]}),
    ("teacher_projector", "question=Q1", {}),
    ("teacher_students", "", {"Student": HANDLE}),
]
"""Address, parameters, and what is chosen there, by key or label."""
DANGEROUS = {
    *("Open the class", "Close the class", "Delete the class", "Close", "Reveal"),
    *("Rename", "New personal code", "Delete with everything they did", "Mark 1 answer anew", "Undo"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with attacked(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture
def room(server: AppServer, monkeypatch: pytest.MonkeyPatch) -> Class:
    use_database_of(server, monkeypatch)
    return a_class()


def a_class() -> Class:
    """One student with answers to Q1, to an older text of Q11, and to one of Q2 that was marked anew since."""
    room = opened_class(TITLE)
    ada = Browser().join(room, HANDLE).person_id
    answered(ada, LESSON.question("Q1"), ["cpu"])
    for name, ticks in (("Q2", ["ram_16"]), ("Q11", ["one"])):
        older = Question.model_validate(LESSON.question(name).model_dump() | {"title": "Old"})
        answered(ada, older, ticks)
    with session() as database:
        regrade(database, room.id, LESSON.question("Q2"), LESSON, seen=LESSON.question("Q2").hash)
    return room


async def view(server: AppServer, teacher: Browser, room: Class, number: int) -> Attacker:
    """One of `VIEWS` in a teacher's browser."""
    address, query, choices = VIEWS[number]
    page = await Attacker(server.port, teacher.sent).visit(address, f"class={room.id}&{query}")
    if choices:
        await page.fill({page.page.find(name).element.id: value for name, value in choices.items()})
    return page


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_first_request_of_a_fresh_server_shows_nothing_of_a_class(own_settings: object, address: str) -> None:
    migrate()
    room = a_class()
    with attacked(config().data_dir) as fresh:
        stranger = play(Attacker(fresh.port).visit(address, f"class={room.id}&question=Q1"))
    assert "For teachers" in stranger.page.text
    for secret in (TITLE, HANDLE, room.join_code):
        assert secret.encode() not in stranger.frames


@pytest.mark.parametrize(
    "address", [*ADDRESSES, "live", "classes", "students", "teacher/live", "pages/teacher/live.py"]
)
def test_a_member_sees_nothing_of_others_by_any_address(server: AppServer, room: Class, address: str) -> None:
    mallory = Browser()
    mallory.join(room, "Mallory")

    async def story() -> Attacker:
        page = Attacker(server.port, mallory.sent)
        await page.connect()
        with refused():
            await page.open(address, f"class={room.id}")
        return page

    page = play(story())
    assert page.frames and HANDLE.encode() not in page.frames


def test_an_old_page_does_nothing_once_its_teacher_is_signed_out(server: AppServer, room: Class) -> None:
    """Every kind of button of every page is drawn while signed in, and pressed after signing out."""
    teacher, pressed = Browser().sign_in(), set()

    async def press(number: int, place: int) -> bool:
        """Press one of the buttons; False where the page has fewer kinds."""
        page = await view(server, teacher, room, number)
        kinds = {shown.element.label: shown for shown in page.all_of("button") if not shown.element.disabled}
        if place < len(kinds):
            label = list(kinds)[place]
            teacher.sign_out()
            before = kept()
            await page.press(kinds[label])
            assert kept() == before, f"{VIEWS[number]}: {label}"
            assert "For teachers" in page.page.text, f"{VIEWS[number]}: {label}"
            pressed.add(label)
            teacher.sign_in()
        await page.leave()
        return place < len(kinds)

    for number in range(len(VIEWS)):
        place = 0
        while play(press(number, place)):
            place += 1
    assert pressed >= DANGEROUS, pressed


@pytest.mark.parametrize("number", [n for n, view in enumerate(VIEWS) if view[0].endswith(("live", "projector"))])
def test_what_a_page_draws_anew_by_itself_stops_with_the_sign_in(server: AppServer, room: Class, number: int) -> None:
    teacher = Browser().sign_in()

    async def story() -> tuple[int, bytes]:
        page = await view(server, teacher, room, number)
        timers = list(page.page.timers)
        teacher.sign_out()
        page.raw = []
        for timer in timers:
            await page.poll(timer)
        return len(timers), page.frames

    timers, frames = play(story())
    assert timers and b"For teachers" in frames
    assert TITLE.encode() not in frames and HANDLE.encode() not in frames


@pytest.mark.parametrize("number", [ADDRESSES.index("teacher_exports"), len(VIEWS) - 1])
def test_no_file_is_made_for_an_old_page(server: AppServer, room: Class, number: int) -> None:
    teacher = Browser().sign_in()

    async def story() -> tuple[list[str], list[str]]:
        page = await view(server, teacher, room, number)
        downloads = page.all_of("download_button")
        meanwhile = [await page.file_of(button) for button in downloads]
        teacher.sign_out()
        return meanwhile, [await page.file_of(button) for button in downloads]

    meanwhile, afterwards = play(story())
    assert meanwhile and all(meanwhile)
    assert not any(afterwards)


ODD = ["", "x", "../../etc/passwd", "%27%20OR%201%3D1%20--", "%3Cscript%3E", "%00", "%ED%A0%80", "A" * 4000]
NAMES = ["class", "question", "run", "token", "me", "code", "statistics_tab", "teacher_class_box", "page"]
CHOICES = ("selectbox", "radio", "button_group", "checkbox", "number_input", "slider", "multiselect", "date_input")


@pytest.mark.parametrize("address", ADDRESSES)
def test_forged_parameters_change_nothing_on_a_teachers_page(server: AppServer, room: Class, address: str) -> None:
    teacher, before = Browser().sign_in(), kept()

    async def story() -> None:
        for value in ODD:
            page = Attacker(server.port, teacher.sent)
            await page.visit(address, "&".join(f"{name}={value}" for name in NAMES))
            await page.leave()

    play(story())
    assert kept() == before


@pytest.mark.parametrize("number", range(len(VIEWS)), ids=[f"{view[0]} {view[1]}" for view in VIEWS])
def test_forged_values_change_nothing_on_a_teachers_page(server: AppServer, room: Class, number: int) -> None:
    teacher, before = Browser().sign_in(), kept()

    async def story(value: Value) -> bytes:
        page = await view(server, teacher, room, number)
        for name in [*(shown.element.id for shown in page.all_of(*CHOICES)), "$$ID-0000-teacher_class_box", ""]:
            with refused():
                await page.fill({name: value})
        await page.leave()
        return page.frames

    values: list[Value] = ["nothing", 99, -1, 1e308, ["nothing"], True]
    for value in values:
        frames = play(story(value))
        assert b"Traceback" not in frames and b"deserialize" not in frames
    assert kept() == before


def test_messages_of_developers_do_nothing(server: AppServer) -> None:
    async def story() -> bytes:
        page = await Attacker(server.port).visit("")
        for name in ("debug_shutdown_runtime", "debug_disconnect_websocket", "clear_cache", "load_git_info"):
            message = BackMsg()
            setattr(message, name, True)
            await page.send(message)
        await page.rerun()
        return page.frames

    assert b"untracked" not in play(story())
    assert server.process is not None and server.process.poll() is None


@pytest.mark.parametrize("path", ["agent/interact", "agent/mcp"])
def test_no_program_can_drive_the_app_over_http(server: AppServer, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", f"/_stcore/{path}", "{}", {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.status >= 400 and b"does not serve the agent API" in response.read()
