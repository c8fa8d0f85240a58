"""A visitor of a real Streamlit server, whose app shows what came of every kind of click."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from bench.protocol.page import PageBroken
from bench.protocol.server import Server
from bench.protocol.visitor import Visitor

APP = """\
import streamlit as st

def first():
    name = st.text_input("Name")
    fruit = st.radio("Fruit", ["apple", "pear"], index=None, on_change="ignore")
    size = st.segmented_control("Size", ["small", "large"])
    fresh = st.checkbox("Fresh", key="fresh")
    if st.button("Tell"):
        st.success(f"{name} {fruit} {size} {fresh}")
    if st.button("Begin anew"):
        st.session_state.anew = True
        st.rerun()
    if st.session_state.get("anew"):
        st.info("begun anew")
    if st.button("Break"):
        raise ValueError("broken on purpose")
    st.button("Not now", disabled=True)
    with st.form("form"):
        inside = st.text_input("Inside")
        if st.form_submit_button("Send"):
            st.success(f"sent {inside}")

    @st.fragment(run_every=0.5)
    def count():
        st.session_state.count = st.session_state.get("count", 0) + 1
        st.write(f"count {st.session_state.count}")
        if st.button("Inner"):
            st.write("pressed inside")
    count()

def second():
    st.write(f"second {st.query_params.get('code')}")
    st.session_state.visits = st.session_state.get("visits", 0) + 1
    st.write(f"visit {st.session_state.visits}")

st.navigation([st.Page(first, default=True), st.Page(second, url_path="second")]).run()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    app = tmp_path_factory.mktemp("app") / "app.py"
    app.write_text(APP)
    with Server(app, {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}) as running:
        yield running


def play(steps: Coroutine[Any, Any, None]) -> None:
    asyncio.run(steps)


def test_what_is_chosen_arrives_with_the_click(server: Server) -> None:
    async def steps() -> None:
        visitor = Visitor(server.port)
        await visitor.arrive()
        assert await visitor.choose("Name", "Ada") is not None
        assert await visitor.choose("Fruit", "pear") is None
        assert await visitor.choose("Size", "large") is not None
        await visitor.choose("fresh", True)
        assert await visitor.click("Tell") > 0
        assert visitor.page.alerts == ["Ada pear large True"]
        await visitor.rerun()
        assert visitor.page.alerts == []
        await visitor.leave()

    play(steps())


def test_a_form_is_sent_as_a_whole(server: Server) -> None:
    async def steps() -> None:
        visitor = Visitor(server.port)
        await visitor.arrive()
        assert await visitor.choose("Inside", "Ada") is None
        await visitor.click("Send")
        assert visitor.page.alerts == ["sent Ada"]
        await visitor.leave()

    play(steps())


def test_a_click_that_begins_the_page_anew_takes_until_it_is_drawn(server: Server) -> None:
    async def steps() -> None:
        visitor = Visitor(server.port)
        await visitor.arrive()
        await visitor.click("Begin anew")
        assert visitor.page.alerts == ["begun anew"]
        await visitor.leave()

    play(steps())


def test_a_tick_runs_the_fragment_alone_and_so_does_a_button_in_it(server: Server) -> None:
    async def steps() -> None:
        visitor = Visitor(server.port)
        await visitor.arrive()
        ((fragment, seconds),) = visitor.page.timers.items()
        assert seconds == 0.5
        await visitor.poll(fragment)
        await visitor.poll(fragment)
        assert "count 3" in visitor.page.text and visitor.page.has("Tell")
        await visitor.click("Inner")
        assert "pressed inside" in visitor.page.text and "count 4" in visitor.page.text
        await visitor.leave()

    play(steps())


def test_pages_are_opened_by_name_and_by_link(server: Server) -> None:
    async def steps() -> None:
        visitor = Visitor(server.port)
        await visitor.arrive("second", "code=K7M")
        assert "second K7M" in visitor.page.text
        await visitor.open("")
        assert visitor.page.has("Tell")
        await visitor.open("second")
        assert "second None" in visitor.page.text and "visit 2" in visitor.page.text
        await visitor.leave()

    play(steps())


def test_a_lost_connection_comes_back_to_the_same_session(server: Server) -> None:
    async def steps() -> None:
        visitor = Visitor(server.port)
        await visitor.arrive("second")
        await visitor.connect()
        await visitor.rerun()
        assert "visit 2" in visitor.page.text
        await visitor.leave()

    play(steps())


@pytest.mark.parametrize(("name", "told"), [("Break", "broken on purpose"), ("Not now", "disabled"), ("None", "no 'N")])
def test_what_goes_wrong_is_told(server: Server, name: str, told: str) -> None:
    async def steps() -> None:
        visitor = Visitor(server.port)
        await visitor.arrive()
        with pytest.raises(PageBroken, match=told):
            await visitor.click(name)
        await visitor.leave()

    play(steps())


def test_an_option_that_is_not_there_cannot_be_chosen(server: Server) -> None:
    async def steps() -> None:
        visitor = Visitor(server.port)
        await visitor.arrive()
        with pytest.raises(PageBroken, match="no option 'plum'"):
            await visitor.choose("Fruit", "plum")
        await visitor.leave()

    play(steps())


def test_a_server_that_was_killed_starts_again_on_its_port(server: Server) -> None:
    port = server.port
    server.kill()
    assert not server.is_healthy
    server.start()
    assert server.is_healthy and server.port == port
