"""A student whose server is killed goes on with the next one."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bench import survivors
from bench.classroom import Classroom
from bench.protocol.page import PageBroken
from bench.protocol.server import Server
from bench.protocol.visitor import Visitor
from bench.students import Timings
from bench.survivors import Survivor

APP = """\
import streamlit as st

def page():
    st.session_state.visits = st.session_state.get("visits", 0) + 1
    st.write(f"visit {st.session_state.visits}")

st.navigation([st.Page(page, default=True)]).run()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "app.py").write_text(APP)
    with Server(tmp_path / "app.py", {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}) as running:
        yield running


def survivor(port: int, tmp_path: Path) -> Survivor:
    return Survivor("Ada", Visitor(port), Classroom(tmp_path), Timings())


def test_what_failed_is_done_again_on_the_server_that_comes_back(server: Server, tmp_path: Path) -> None:
    async def lesson() -> None:
        ada = survivor(server.port, tmp_path)
        await ada.visitor.arrive()
        server.kill()
        coming = threading.Thread(target=server.start)
        coming.start()
        await ada._until_done(partial(see_twice, ada))
        coming.join()
        assert ada.troubles > 0
        await ada.visitor.leave()

    async def see_twice(ada: Survivor) -> None:
        await ada.visitor.rerun()
        assert "visit 2" in ada.visitor.page.text  # a new session began with the page loaded anew

    asyncio.run(lesson())


def test_patience_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(survivors, "PATIENCE_S", 0)

    async def broken() -> None:
        raise PageBroken("still")

    with pytest.raises(PageBroken, match="still"):
        asyncio.run(survivor(0, tmp_path)._until_done(broken))
